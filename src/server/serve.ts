/**
 * A model behind an OpenAI-style HTTP API.
 *
 * @example
 * const server = await serve(await openLocal("gpt2"), { port: 8080 });
 * console.log(server.url); // http://127.0.0.1:8080/v1
 * await server.close();
 */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, resolve } from "node:path";
import { createAdaptorServer } from "@hono/node-server";
import { type LocalModel, UsageError } from "../index.ts";
import { createApp } from "./app.ts";
import { createService } from "./service.ts";

export interface ServeOptions {
  /** 0 for any that is free. Default 8080. */
  readonly port?: number;
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string;
  /** Told of errors that are no fault of a request. Default: nobody. */
  readonly report?: (error: unknown) => void;
}

export interface ModelServer {
  /** What clients take for `OPENAI_BASE_URL`. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The model's name in requests. */
  readonly id: string;
  /** Takes no more requests, finishes what is under way and frees the model. */
  close(): Promise<void>;
}

/** @throws UsageError for a model that cannot continue texts; the system's error where the address is not to be had */
export async function serve(model: LocalModel, options: ServeOptions = {}): Promise<ModelServer> {
  const { port = 8080, host = "127.0.0.1", report = () => {} } = options;
  const { predicts, config } = model.lm.model;
  if (predicts === "masked")
    throw new UsageError(
      `${model.name} (${config.model_type}) fills masks and cannot continue texts; use "fill".`,
    );
  const service = createService(model, nameOf(model));
  const server = createAdaptorServer({ fetch: createApp(service, report).fetch }) as Server;
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  const inUrl = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `http://${inUrl}:${address.port}/v1`,
    host: address.address,
    port: address.port,
    id: service.id,
    async close() {
      const closed = once(server, "close");
      server.close();
      await service.queue.close();
      // Connections that wait for another request close as soon as their answers are out.
      const timer = setInterval(() => server.closeIdleConnections(), 20);
      await closed;
      clearInterval(timer);
      await model.release();
    },
  };
}

/** A folder is known by its last part, a model of the Hub by its name. */
function nameOf({ name, folder }: LocalModel): string {
  return resolve(name) === resolve(folder) ? basename(resolve(name)) : name;
}
