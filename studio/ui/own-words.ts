/** What is in a field while somebody is in it. */
import { useSignal } from "@preact/signals";

interface Typed {
  readonly currentTarget: { readonly value: string };
}

/**
 * Attributes of a field whose value the page may set late, as a suggestion from texts that are still being read: while somebody
 * is in the field it shows what they make of it, so that nothing mixes with what they type.
 */
export function useOwnWords(value: string, onInput: (now: string) => void) {
  const own = useSignal<string | undefined>(undefined);
  return {
    value: own.value ?? value,
    onFocus: ({ currentTarget }: Typed) => {
      own.value = currentTarget.value;
    },
    onBlur: () => {
      own.value = undefined;
    },
    onInput: ({ currentTarget }: Typed) => {
      own.value = currentTarget.value;
      onInput(currentTarget.value);
    },
  };
}
