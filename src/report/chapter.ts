/** A chapter of the report: from one plain data object to one section of the page. */
import type { Html } from "./html.ts";

export interface Chapter<Data> {
  /** The anchor; unique on the page. */
  readonly id: string;
  readonly title: string;
  /** The chapter's finding in one or two sentences; stands in the table of contents and above the chapter. */
  finding(data: Data): string;
  render(data: Data): Html;
}

/** Gives a chapter its type; the data's type is read off by the page. */
export function defineChapter<Data>(chapter: Chapter<Data>): Chapter<Data> {
  return chapter;
}
