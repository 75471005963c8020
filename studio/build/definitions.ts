/**
 * Reads the definition of every operation out of the sources, for the page to show them as they are: what it computes,
 * its gradient, its shape, and the ONNX nodes that it becomes.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

export interface DefinitionPart {
  readonly title: string;
  readonly code: string;
}

export interface Definition {
  /** From the root of the sources: `src/ops/matmul.ts`. */
  readonly file: string;
  readonly line: number;
  /** What the documentation says of the function that applies it. */
  readonly doc?: string | undefined;
  readonly parts: readonly DefinitionPart[];
}

/** The rules of a definition that are shown, in this order. */
const titles: Readonly<Record<string, string>> = {
  reference: "What it computes, in plain loops",
  vjp: "Its gradient",
  infer: "Its shape",
  lower: "As ONNX nodes",
};

/** @param root the folder that has `src` */
export function operationDefinitions(root: string): Record<string, Definition> {
  const sources = readdirSync(join(root, "src/ops"))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => parsed(root, `src/ops/${name}`));
  const leaves = parsed(root, "src/graph/leaves.ts");
  const helpers = new Map(sources.flatMap((source) => functionsOf(source)));
  const found: Record<string, Definition> = {};
  for (const source of sources)
    for (const [constant, call] of callsOf(source)) {
      const definition = definitionOf(source, constant, call, helpers);
      if (definition) found[definition.op] = definition.of;
    }
  for (const [name, node] of functionsOf(leaves).filter(([, node]) => isExported(node)))
    found[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = {
      ...placeOf(leaves, node),
      doc: docOf(node),
      parts: [{ title: "Its definition", code: codeOf(leaves, node) }],
    };
  return found;
}

function parsed(root: string, file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.Latest, true);
}

const functionsOf = (source: ts.SourceFile): [string, ts.FunctionDeclaration][] =>
  source.statements.flatMap((node) =>
    ts.isFunctionDeclaration(node) && node.name
      ? [[node.name.text, node] as [string, ts.FunctionDeclaration]]
      : [],
  );

/** Constants whose names end as those of operations do, and the calls that make them. */
function callsOf(source: ts.SourceFile): [string, ts.CallExpression][] {
  return source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => [...declarationList.declarations])
    .flatMap(({ name, initializer }) =>
      ts.isIdentifier(name) && name.text.endsWith("Op") && initializer && ts.isCallExpression(initializer)
        ? [[name.text, initializer] as [string, ts.CallExpression]]
        : [],
    );
}

function definitionOf(
  source: ts.SourceFile,
  constant: string,
  call: ts.CallExpression,
  helpers: ReadonlyMap<string, ts.FunctionDeclaration>,
): { readonly op: string; readonly of: Definition } | undefined {
  const [first] = call.arguments;
  const place = { ...placeOf(source, call), doc: docOfFunction(source, constant) };
  if (first && ts.isStringLiteral(first)) {
    // One of a family, made by a helper that is part of the definition.
    const helper = helpers.get(call.expression.getText(source));
    const parts = [{ title: "Its definition", code: codeOf(source, call) }];
    if (helper)
      parts.push({
        title: `What ${call.expression.getText(source)} makes of it`,
        code: codeOf(helper.getSourceFile(), helper),
      });
    return { op: first.text, of: { ...place, parts } };
  }
  if (!first || !ts.isObjectLiteralExpression(first)) return undefined;
  const rules = new Map(first.properties.map((rule) => [rule.name?.getText(source) ?? "", rule]));
  const name = rules.get("name");
  if (!name || !ts.isPropertyAssignment(name) || !ts.isStringLiteral(name.initializer)) return undefined;
  const parts = Object.entries(titles).flatMap(([rule, title]) => {
    const node = rules.get(rule);
    return node ? [{ title, code: codeOf(source, node) }] : [];
  });
  return { op: name.initializer.text, of: { ...place, parts } };
}

const isExported = (node: ts.FunctionDeclaration | ts.VariableStatement): boolean =>
  node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;

const placeOf = (source: ts.SourceFile, node: ts.Node): Pick<Definition, "file" | "line"> => ({
  file: source.fileName,
  line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1,
});

/** The text of a node, as far to the left as its first line allows. */
function codeOf(source: ts.SourceFile, node: ts.Node): string {
  const { character } = source.getLineAndCharacterOfPosition(node.getStart(source));
  const begins = /^\s*/.exec(source.text.slice(node.getStart(source) - character))![0].length;
  return node
    .getText(source)
    .split("\n")
    .map((line, i) => (i === 0 ? line : line.slice(Math.min(begins, /^\s*/.exec(line)![0].length))))
    .join("\n");
}

/** The comment of the function that applies the operation; else that of the file, where the operation has one of its own. */
function docOfFunction(source: ts.SourceFile, constant: string): string | undefined {
  const applies = new RegExp(`\\b${constant}\\b(\\.apply\\(|\\))`);
  const user = source.statements.find(
    (node) =>
      (ts.isFunctionDeclaration(node) || ts.isVariableStatement(node)) &&
      isExported(node) &&
      applies.test(node.getText(source)) &&
      docOf(node) !== undefined,
  );
  const own = source.statements.find(
    (node) =>
      ts.isVariableStatement(node) &&
      node.declarationList.declarations.some(({ name }) => name.getText(source) === constant),
  );
  const alone = source.fileName.endsWith(`/${constant.replace(/Op$/, "")}.ts`);
  const head = alone ? /^\/\*\*\s*([\s\S]*?)\s*\*\//.exec(source.text)?.[1] : undefined;
  return (user && docOf(user)) ?? head?.replaceAll(/\n \* ?/g, "\n") ?? (own && docOf(own));
}

function docOf(node: ts.Node): string | undefined {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc);
  const text = comment && ts.getTextOfJSDocComment(comment.comment);
  return text?.replace(/\{@link (\w+)\}/g, "$1");
}
