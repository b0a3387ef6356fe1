import { say } from '../../base/text.ts';
import { type Login, loginsOf } from '../../environment/logins.ts';
import { environmentFacts } from '../../environment/provision/facts.ts';
import { existingEnvironment } from '../../environment/record.ts';

/** `lab creds`: the logins of the lab. They are shown here and written nowhere. Returns the exit code. */
export async function creds(options: { name: string; json?: boolean }): Promise<number> {
  const environment = await existingEnvironment(options.name);
  const logins = loginsOf(await environmentFacts(environment), environment.sshKeyFile);
  if (options.json) {
    const rows = logins.map((login) => ({ ...login, what: say(login.what), from: say(login.from) }));
    console.log(JSON.stringify({ lab: environment.name, logins: rows }, null, 2));
  } else console.log(renderLogins(environment.name, logins));
  return 0;
}

/** The logins as text, one below the other. */
export function renderLogins(lab: string, logins: Login[]): string {
  const labels = {
    user: say({ en: 'user', fr: 'utilisateur' }),
    password: say({ en: 'password', fr: 'mot de passe' }),
    key: say({ en: 'key', fr: 'clé' }),
  };
  const width = Math.max(...Object.values(labels).map((label) => label.length)) + 2;
  const blocks = logins.map((login) => {
    const fields = (['user', 'password', 'key'] as const).flatMap((name) =>
      login[name] === undefined ? [] : [`  ${labels[name].padEnd(width)}${login[name]}`],
    );
    return [`${say(login.what)} (${say(login.from)})`, `  ${login.where}`, ...fields].join('\n');
  });
  const title = say({
    en: `Logins of the lab ${lab}. They are worth nothing outside of it.`,
    fr: `Accès du lab ${lab}. Ils ne valent rien en dehors de lui.`,
  });
  return [title, ...blocks].join('\n\n');
}
