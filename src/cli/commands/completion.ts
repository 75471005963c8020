/** `punchline completion`: a script that lets a shell complete the words of Punchline's commands. */
import { didYouMean } from "../../core/did-you-mean.ts";
import { UsageError } from "../../core/errors.ts";
import { argument, defineCommand } from "../command.ts";
import { scripts, shells } from "../completion/scripts.ts";

export default defineCommand({
  description:
    "Prints a script for the shell. With it, Tab completes commands, options, their choices, names of built-in models, " +
    "run folders and files. The script asks the punchline that is on the PATH, so it need not be made again after an " +
    "update. In bash and zsh, put the line of the example into ~/.bashrc or ~/.zshrc, in zsh below compinit.",
  arguments: { shell: argument(`The shell: ${shells.join(", ")}`, shells) },
  options: {},
  examples: {
    "source <(punchline completion bash)": "In ~/.bashrc",
    "source <(punchline completion zsh)": "In ~/.zshrc, below compinit",
    "punchline completion fish > ~/.config/fish/completions/punchline.fish": "Once, in fish",
  },
  async run(ctx, { shell: name }) {
    const shell = shells.find((known) => known === name);
    if (shell === undefined)
      throw new UsageError(`There is no completion for ${JSON.stringify(name)}; ${didYouMean(name, shells)}`);
    ctx.write(scripts[shell]);
    ctx.json({ shell, script: scripts[shell] });
  },
});
