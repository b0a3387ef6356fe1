import { spawn } from 'node:child_process';
import { say } from './text.ts';

/** Shows a file with whatever this computer opens pages with. */
export function openInBrowser(file: string): void {
  const [program, ...words] =
    process.platform === 'win32'
      ? ['cmd', '/c', 'start', '']
      : process.platform === 'darwin'
        ? ['open']
        : ['xdg-open'];
  const child = spawn(program ?? '', [...words, file], { stdio: 'ignore', detached: true });
  child.on('error', () =>
    console.error(
      say({
        en: 'No browser could be started: open the file yourself.',
        fr: "Aucun navigateur n'a pu être lancé : ouvrez le fichier vous-même.",
      }),
    ),
  );
  child.unref();
}
