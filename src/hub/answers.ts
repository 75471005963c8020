/** What the Hub answers, as far as it is used; zod takes a tenth of a second to load, so only who asks loads it. */
import { z } from "zod";

const path = z.string().min(1).max(4096);
const size = z.int().nonnegative();

/** `GET /api/models/NAME/revision/REVISION` */
export const repoInfo = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/, { error: "is no commit" }),
  siblings: z.array(z.looseObject({ rfilename: path })).nullish(),
});

/** `GET /api/models/NAME/tree/COMMIT?recursive=true`, a page of it */
export const treePage = z.array(
  z.looseObject({
    type: z.string(),
    path,
    size: size.nullish(),
    oid: z.string().nullish(),
    lfs: z.looseObject({ oid: z.string(), size }).nullish(),
  }),
);
