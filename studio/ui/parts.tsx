/** The parts that every room is made of. */
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { useOwnWords } from "./own-words.ts";

/** The beginning of a room: its title, and what it is for in a sentence. */
export function Opening({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div class="opening">
      <h1>{title}</h1>
      <p>{children}</p>
    </div>
  );
}

export function Section({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <section class="part">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface ButtonProps {
  readonly children: ComponentChildren;
  readonly onClick: () => void;
  readonly kind?: "main" | "usual" | "plain";
  readonly disabled?: boolean;
}

export function Button({ children, onClick, kind = "usual", disabled = false }: ButtonProps) {
  return (
    <button type="button" class={kind} onClick={onClick} disabled={disabled}>
      {children}
    </button>
  );
}

export interface ChoiceOption {
  readonly value: string;
  readonly name: string;
  readonly hint?: string | undefined;
}

interface ChoiceProps {
  readonly legend: string;
  readonly value: { value: string };
  readonly options: readonly ChoiceOption[];
  readonly disabled?: boolean;
}

/** One of a few, all of them in sight. */
export function Choice({ legend, value, options, disabled = false }: ChoiceProps) {
  const name = useId();
  return (
    <fieldset class="choice" disabled={disabled}>
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={value.value === option.value}
            onChange={() => {
              value.value = option.value;
            }}
          />
          <span>
            <b>{option.name}</b>
            {option.hint && <small>{option.hint}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

interface FieldProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly type?: "text" | "number";
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly hint?: string;
  /** What is done with what is typed. Default: it becomes the value. */
  readonly onInput?: (typed: string) => void;
}

export function Field({ label, value, type = "text", hint, onInput, ...range }: FieldProps) {
  const id = useId();
  const words = useOwnWords(value.value, (now) => {
    if (onInput) onInput(now);
    else value.value = now;
  });
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type={type as "number"}
        aria-describedby={hint ? `${id}-hint` : undefined}
        spellcheck={false}
        autocomplete="off"
        {...range}
        {...words}
      />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** What a room draws its numbers by. */
export const SeedField = (props: Pick<FieldProps, "value" | "hint">) => (
  <Field label="Seed" type="number" min={0} step={1} {...props} />
);

interface SliderProps {
  readonly label: string;
  readonly value: Signal<string>;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly hint?: string;
}

export function Slider({ label, value, hint, ...range }: SliderProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>
        {label} <output for={id}>{value.value}</output>
      </label>
      <input
        id={id}
        type="range"
        value={value.value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        {...range}
        onInput={({ currentTarget }) => {
          value.value = currentTarget.value;
        }}
      />
      {hint && <small id={`${id}-hint`}>{hint}</small>}
    </div>
  );
}

/** What went wrong, in the library's own sentence. */
export function Problem({ sentence }: { readonly sentence: string | undefined }) {
  return <div role="alert">{sentence && <p class="problem">{sentence}</p>}</div>;
}

/** More that is there for who wants it. */
export function Fold({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <details class="fold">
      <summary>{title}</summary>
      <div>{children}</div>
    </details>
  );
}

/** The same at the command line and in a program. */
export function Same({ command, code }: { readonly command: string; readonly code: string }) {
  return (
    <Fold title="The same as a command, or in TypeScript">
      <pre>
        <code>{command}</code>
      </pre>
      <pre>
        <code>{code}</code>
      </pre>
    </Fold>
  );
}

/** A whole number with its thousands apart: 2,726. The browser's own formats take 30 ms when they are first used. */
export const number = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ",");

/** A count with its noun: 1 text, 2 texts. */
export const count = (n: number, one: string, more = `${one}s`): string =>
  `${number(n)} ${n === 1 ? one : more}`;
