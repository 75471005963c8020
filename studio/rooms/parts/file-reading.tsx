/** How a file is read, where that cannot be found out: which column, and how its cells and letters are written. */
import { useId } from "preact/hooks";
import type { FileReading, TextsView } from "punchline/web";
import { Fold } from "../../ui/parts.tsx";

interface FileReadingProps {
  readonly reading: FileReading;
  /** Of the file, once it could be read. */
  readonly view: TextsView | undefined;
  readonly onChange: (reading: FileReading) => void;
}

export function FileReadingChoices({ reading, view, onChange }: FileReadingProps) {
  const { column, columns = [] } = view ?? {};
  const change = (name: keyof FileReading) => (value: string) => {
    const { [name]: _, ...others } = reading;
    onChange(value === "" ? others : { ...others, [name]: name === "header" ? value === "yes" : value });
  };
  const header = reading.header === undefined ? "" : reading.header ? "yes" : "no";
  return (
    <>
      {columns.length > 1 && (
        <Select
          label="Column"
          value={reading.column ?? column ?? ""}
          options={columns.map((name) => [name, name])}
          onChange={change("column")}
        />
      )}
      {view?.promptColumn !== undefined && view.promptColumn !== column && (
        <p class="note">Each text follows its {view.promptColumn}.</p>
      )}
      <Fold title="How they are read">
        <div class="fields">
          <Select
            label="Format"
            value={reading.fileFormat ?? ""}
            options={[["", "by its name"], ...formats.map((name): [string, string] => [name, name])]}
            onChange={change("fileFormat")}
          />
          <Select
            label="Encoding"
            value={reading.encoding ?? ""}
            options={[
              ["", "UTF-8, or as the file says"],
              ...encodings.map((name): [string, string] => [name, name]),
            ]}
            onChange={change("encoding")}
          />
          <Select
            label="Between cells"
            value={reading.delimiter ?? ""}
            options={delimiters}
            onChange={change("delimiter")}
          />
          <Select
            label="First row"
            value={header}
            options={[
              ["", "automatic"],
              ["yes", "names the columns"],
              ["no", "is a text like the others"],
            ]}
            onChange={change("header")}
          />
        </div>
      </Fold>
    </>
  );
}

const formats = ["csv", "tsv", "json", "jsonl", "parquet", "txt"];

const encodings = [
  "windows-1252",
  "utf-16le",
  "utf-16be",
  "windows-1250",
  "windows-1251",
  "iso-8859-2",
  "koi8-r",
  "shift_jis",
  "euc-jp",
  "gb18030",
  "big5",
  "euc-kr",
];

const delimiters: readonly (readonly [string, string])[] = [
  ["", "automatic"],
  [",", "commas"],
  [";", "semicolons"],
  ["tab", "tabs"],
  ["|", "bars"],
  ["none", "nothing: one column"],
];

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, name: string])[];
  readonly onChange: (value: string) => void;
}

function Select({ label, value, options, onChange }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}
