/** The routes together with what applies to all of them: access, errors, the size of a body. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { excerpt } from "../core/printable.ts";
import { ApiError, answerOf } from "./errors.ts";
import { endWithin } from "./event-stream.ts";
import { type Access, type App, protect } from "./guard.ts";
import type { ModelCard } from "./messages.ts";
import { type Models, unknownModel } from "./models.ts";
import { addresses, jobRoute, type Routing } from "./routes/routes.ts";

const paths = ["/v1/models", ...Object.keys(addresses), "/health", "/metrics"];

export function createApp(routing: Routing, access: Access): App {
  const { models, metrics, limits, report } = routing;
  const { maxBytes, stallMs } = limits;
  const created = Math.floor(Date.now() / 1000);
  const app: App = new Hono({ strict: false });
  app.use(async (context, next) => {
    const { outgoing } = context.env;
    const asked = context.req.path.replace(/\/$/, "");
    const path = paths.includes(asked) ? asked : "other";
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) metrics.cancelled(path);
    });
    await next();
    context.header("x-content-type-options", "nosniff");
    if (!outgoing.destroyed) metrics.answered(path, context.res.status);
    if (context.res.headers.get("content-type") === "application/json") endWithin(stallMs, outgoing);
  });
  protect(app, access);
  app.use(
    bodyLimit({
      maxSize: maxBytes,
      onError: () => {
        throw new ApiError(413, `A request may have at most ${maxBytes} bytes.`, "too_large");
      },
    }),
  );
  app.get("/health", (context) => {
    const lost = routing.closing();
    return context.json({ status: lost ? "stopping" : "ok" }, lost ? 503 : 200);
  });
  app.get("/metrics", (context) =>
    context.text(metrics.text(models), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
  app.route("/v1/models", modelRoutes(models, created));
  for (const path of Object.keys(addresses)) app.route(path, jobRoute(routing, path));
  app.notFound((context) => {
    const { path, method } = context.req;
    const known = paths.find((one) => one === path.replace(/\/$/, ""));
    if (known !== undefined) context.header("allow", addresses[known]?.schema ? "POST" : "GET, HEAD");
    const error =
      known !== undefined
        ? new ApiError(405, `${path} takes no ${method}.`, "method_not_allowed")
        : new ApiError(
            404,
            `There is nothing at ${excerpt(path)}; there are ${paths.join(", ")}.`,
            "unknown_url",
          );
    const { status, body } = answerOf(error);
    return context.json(body, status);
  });
  app.onError((error, context) => {
    const { status, body, unexpected } = answerOf(error);
    if (status === 413) context.header("connection", "close"); // the rest of the body is not read
    if (status === 503) context.header("retry-after", "1");
    if (unexpected && !context.req.raw.signal.aborted) report(error);
    return context.json(body, status);
  });
  return app;
}

/** `GET /v1/models`: those that are served. */
function modelRoutes(models: Models, created: number): Hono {
  const cardOf = (id: string): ModelCard => ({ id, object: "model", created, owned_by: "punchline" });
  return new Hono()
    .get("/", (context) => context.json({ object: "list", data: models.ids.map(cardOf) }))
    .get("/:id{.+}", (context) => {
      const asked = context.req.param("id");
      if (!models.ids.includes(asked)) throw unknownModel(asked, models.ids);
      return context.json(cardOf(asked));
    });
}
