/** The rooms, in their order: a line each. */
import type { ComponentType } from "preact";
import { Cloze } from "./rooms/cloze.tsx";
import { Data } from "./rooms/data.tsx";
import { Finetune } from "./rooms/finetune.tsx";
import { Inside } from "./rooms/inside.tsx";
import { Novelty } from "./rooms/novelty.tsx";
import { Train } from "./rooms/train.tsx";
import { Type } from "./rooms/type.tsx";
import { Write } from "./rooms/write.tsx";

export interface Room {
  /** Its place in the address. */
  readonly id: string;
  readonly name: string;
  /** The part of the lesson that it is for, from 1. */
  readonly part: number;
  readonly View: ComponentType;
}

/** The parts of docs/lesson.md. */
export const lesson = [
  "Text becomes numbers",
  "A network learns to write",
  "A pre-trained GPT-2",
  "New or remembered?",
  "GPT or BERT?",
] as const;

export const rooms: readonly Room[] = [
  { id: "data", part: 1, name: "Data", View: Data },
  { id: "train", part: 2, name: "Train", View: Train },
  { id: "write", part: 2, name: "Write", View: Write },
  { id: "novelty", part: 4, name: "New or remembered?", View: Novelty },
  { id: "fine-tune", part: 3, name: "Fine-tune", View: Finetune },
  { id: "gpt-or-bert", part: 5, name: "GPT or BERT?", View: Cloze },
  { id: "type", part: 2, name: "Type", View: Type },
  { id: "inside", part: 2, name: "Inside", View: Inside },
];
