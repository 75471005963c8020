import { expect, test } from "vitest";
import { escapeHtml, html, trusted } from "./html.ts";

test("every value is escaped, in text and in attributes", () => {
  const hostile = `"><script>alert('x')</script>&amp;`;
  expect(html`<p title="${hostile}">${hostile}</p>`.markup).toBe(
    `<p title="&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;">&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;amp;</p>`,
  );
});

test("templates nest without a second escaping; lists are joined; what is absent is left out", () => {
  const items = ["a", "<b>"].map((t) => html`<li>${t}</li>`);
  expect(html`<ul>${items}${false}${undefined}${null}${0}${trusted("<hr>")}</ul>`.markup).toBe(
    "<ul><li>a</li><li>&lt;b&gt;</li>0<hr></ul>",
  );
});

test("control characters and lone surrogates are made visible; line feeds and tabs stay", () => {
  expect(escapeHtml("a\0b\x1bc\x0bd\te\nf\ud800g\u{1f600}")).toBe(
    "a\\x00b\\x1bc\\x0bd\te\nf\ufffdg\u{1f600}",
  );
});

test("marks of direction cannot turn around what follows a text", () => {
  const { markup } = html`<p>${"a\u202eb\u2066c\u200f"} 1, 2</p>`;
  expect(markup).toBe("<p>a\\u202eb\\u2066c\\u200f 1, 2</p>");
});
