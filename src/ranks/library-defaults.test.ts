import { expect, it } from "vitest";
import { setLibraryDefaults } from "./library-defaults.ts";

it("libraries are asked for what suits, and for what the user has set where that is something else", () => {
  const bare: Record<string, string | undefined> = {};
  setLibraryDefaults(bare);
  expect(bare).toEqual({ UCX_MEM_EVENTS: "n", OMPI_MCA_btl_tcp_flags: "send" });
  const set = { UCX_MEM_EVENTS: "y", OMPI_MCA_btl_tcp_flags: "send,put" };
  setLibraryDefaults(set);
  expect(set).toEqual({ UCX_MEM_EVENTS: "y", OMPI_MCA_btl_tcp_flags: "send,put" });
});
