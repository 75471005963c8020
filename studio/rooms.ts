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
  /** The chapter of docs/lesson.md that it is for. */
  readonly chapter: string;
  readonly View: ComponentType;
}

export const rooms: readonly Room[] = [
  { id: "data", chapter: "Text becomes numbers", name: "Data", View: Data },
  { id: "train", chapter: "A network learns to write", name: "Train", View: Train },
  { id: "write", chapter: "A network learns to write", name: "Write", View: Write },
  { id: "novelty", chapter: "New or remembered?", name: "New or remembered?", View: Novelty },
  { id: "fine-tune", chapter: "A pre-trained GPT-2", name: "Fine-tune", View: Finetune },
  { id: "gpt-or-bert", chapter: "GPT or BERT?", name: "GPT or BERT?", View: Cloze },
  { id: "type", chapter: "A network learns to write", name: "Type", View: Type },
  { id: "inside", chapter: "A network learns to write", name: "Inside", View: Inside },
];
