/** `GET /v1/models`: the one model that is served. */
import { Hono } from "hono";
import { ApiError } from "../errors.ts";
import type { ModelCard } from "../messages.ts";
import type { Service } from "../service.ts";

export function modelRoutes({ id, created }: Service): Hono {
  const card: ModelCard = { id, object: "model", created, owned_by: "punchline" };
  return new Hono()
    .get("/", (context) => context.json({ object: "list", data: [card] }))
    .get("/:id{.+}", (context) => {
      const asked = context.req.param("id");
      if (asked !== id)
        throw new ApiError(
          404,
          `There is no model "${asked}" here, only "${id}".`,
          "model_not_found",
          "model",
        );
      return context.json(card);
    });
}
