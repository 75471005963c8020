/** The fields of the Hub's responses that are used. Import this lazily: zod takes a tenth of a second to load. */
import { z } from "zod";

const path = z.string().min(1).max(4096);
const size = z.int().nonnegative();

/** `GET /api/models/NAME/revision/REVISION` */
export const repoInfo = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/, { error: "is no commit" }),
  siblings: z.array(z.looseObject({ rfilename: path })).nullish(),
});

/** `GET /api/models/NAME/tree/COMMIT?recursive=true`, one page */
export const treePage = z.array(
  z.looseObject({
    type: z.string(),
    path,
    size: size.nullish(),
    oid: z.string().nullish(),
    lfs: z.looseObject({ oid: z.string(), size }).nullish(),
  }),
);
