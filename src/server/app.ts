/** The routes put together, with what holds for all of them: errors, the size of a body. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ApiError, answerOf } from "./errors.ts";
import { chatRoutes } from "./routes/chat-completions.ts";
import { completionRoutes } from "./routes/completions.ts";
import { modelRoutes } from "./routes/models.ts";
import type { Service } from "./service.ts";

/** Bytes of a request. */
const MAX_BODY = 1 << 20;

const paths = ["/v1/models", "/v1/completions", "/v1/chat/completions"];

/** @param report told of errors that are no fault of a request */
export function createApp(service: Service, report: (error: unknown) => void): Hono {
  const app = new Hono({ strict: false });
  app.use(
    bodyLimit({
      maxSize: MAX_BODY,
      onError: () => {
        throw new ApiError(413, `A request may have at most ${MAX_BODY} bytes.`, "too_large");
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
      : new ApiError(404, `There is nothing at ${path}; there are ${paths.join(", ")}.`, "unknown_url");
    const { status, body } = answerOf(error);
    return context.json(body, status);
  });
  app.onError((error, context) => {
    const { status, body, unexpected } = answerOf(error);
    if (status === 413) context.header("connection", "close"); // the rest of the body is not read
    if (unexpected && !context.req.raw.signal.aborted) report(error);
    return context.json(body, status);
  });
  return app;
}
