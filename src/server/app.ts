/** The routes together with what applies to all of them: access, errors, the size of a body. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { excerpt } from "../core/printable.ts";
import { ApiError, answerOf } from "./errors.ts";
import { endWithin } from "./event-stream.ts";
import { type Access, type App, protect } from "./guard.ts";
import type { ModelCard } from "./messages.ts";
import { unknownModel } from "./request.ts";
import { chatRoutes } from "./routes/chat-completions.ts";
import { completionRoutes } from "./routes/completions.ts";
import type { Service } from "./service.ts";

const paths = ["/v1/models", "/v1/completions", "/v1/chat/completions"];

/** @param report called with errors that are no fault of a request */
export function createApp(service: Service, access: Access, report: (error: unknown) => void): App {
  const { maxBytes, stallMs } = service.limits;
  const app: App = new Hono({ strict: false });
  app.use(async (context, next) => {
    await next();
    context.header("x-content-type-options", "nosniff");
    if (context.res.headers.get("content-type") === "application/json")
      endWithin(stallMs, context.env.outgoing);
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
  app.route("/v1/models", modelRoutes(service));
  app.route("/v1/completions", completionRoutes(service, report));
  app.route("/v1/chat/completions", chatRoutes(service, report));
  app.notFound((context) => {
    const { path, method } = context.req;
    const error = paths.includes(path.replace(/\/$/, ""))
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

/** `GET /v1/models`: the one model that is served. */
function modelRoutes({ id, created }: Service): Hono {
  const card: ModelCard = { id, object: "model", created, owned_by: "punchline" };
  return new Hono()
    .get("/", (context) => context.json({ object: "list", data: [card] }))
    .get("/:id{.+}", (context) => {
      const asked = context.req.param("id");
      if (asked !== id) throw unknownModel(asked, id);
      return context.json(card);
    });
}
