/** `GET /v1/models`: the one model that is served. */
import { Hono } from "hono";
import type { ModelCard } from "../messages.ts";
import { unknownModel } from "../request.ts";
import type { Service } from "../service.ts";

export function modelRoutes({ id, created }: Service): Hono {
  const card: ModelCard = { id, object: "model", created, owned_by: "punchline" };
  return new Hono()
    .get("/", (context) => context.json({ object: "list", data: [card] }))
    .get("/:id{.+}", (context) => {
      const asked = context.req.param("id");
      if (asked !== id) throw unknownModel(asked, id);
      return context.json(card);
    });
}
