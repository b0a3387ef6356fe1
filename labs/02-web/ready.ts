/** What Apache on a web machine has answered to /ready, in whichever of its logs: one status a line, each once. */
export const ANSWERED = {
  kind: 'command',
  command:
    "grep -hoE '\"GET /ready[ ?][^\"]*\" [0-9]{3} ' /var/log/apache2/*.log | grep -oE '[0-9]{3} $' | sort -u",
} as const;

/** What a page says of a part, whatever else its JSON has; undefined: nothing. */
export const saidOf = (body: string, part: string): string | undefined =>
  new RegExp(`"${part}"\\s*:\\s*"([a-z]+)"`).exec(body)?.[1];
