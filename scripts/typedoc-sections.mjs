/**
 * A plugin of typedoc: an entry's names are grouped in the reference as in its file, where a comment on a line of its own,
 * followed by an empty line, heads each group.
 */
import { readFileSync } from "node:fs";
import { Comment, CommentTag, Converter } from "typedoc";

/** The section of each name that the entry exports, and the sections in their order. */
function sectionsOf(file) {
  const sections = new Map();
  for (const part of readFileSync(file, "utf8")
    .split(/^\/\/ /m)
    .slice(1)) {
    const [title, ...rest] = part.split("\n");
    for (const [, list] of rest.join("\n").matchAll(/^export (?:type )?\{([^}]*)\}/gm)) {
      for (const item of list
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean))
        sections.set(
          item
            .replace(/^type /, "")
            .split(" as ")
            .at(-1),
          title,
        );
    }
  }
  return sections;
}

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const entry of project.children ?? []) {
      const sections = sectionsOf(`src/${entry.name}.ts`);
      for (const child of entry.children ?? []) {
        const section = sections.get(child.name) ?? "Types";
        const of = child.signatures ?? [child];
        for (const { comment } of of) comment?.removeTags("@category");
        child.comment ??= new Comment();
        child.comment.blockTags.push(new CommentTag("@category", [{ kind: "text", text: section }]));
      }
    }
  });
}
