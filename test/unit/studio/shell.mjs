// In the place of ssh and a shell: a prompt that asks for bracketed paste, an echo, and a flood until Ctrl-C.
process.stdout.on('error', () => process.exit());
const prompt = '\x1b[?2004h$ ';
process.stdout.write(`\x1b]7777;/dev/pts/3\x1b\\welcome\r\n`);
let line = '';
let flood;
let pasting = false;
const end = () => {
  clearTimeout(flood);
  flood = undefined;
  process.stdout.write(`^C\r\n${prompt}`);
};
const pour = () => {
  if (process.stdout.writableLength < 1 << 20) process.stdout.write('y\r\n'.repeat(20_000));
  flood = setTimeout(pour, 1);
};
const begin = () => process.stdout.write(prompt);
// Not at once: somebody may have wanted to type already.
setTimeout(begin, Number(process.env.LATE ?? 0));
process.stdin.on('data', (data) => {
  // As bash: within the marks of a paste, a line's end is a part of it.
  for (const key of data.toString('utf8').split(/(\x1b\[20[01]~|[^])/u)) {
    if (key === '') continue;
    if (key.startsWith('\x1b[20')) {
      pasting = key.endsWith('0~');
      process.stdout.write(pasting ? '[paste:' : ':paste]');
    } else if (key === '\x04') process.exit();
    else if (key === '\x03') end();
    else if (pasting && key === '\r') {
      line += '\n';
      process.stdout.write('\r\n');
    } else if (key === '\r') {
      process.stdout.write('\x1b[?2004l\r\n');
      if (line === 'yes') pour();
      // A program that fills the screen.
      else if (line === 'full') process.stdout.write('\x1b[?1049h\x1b[H\x1b[2Jfull screen');
      else process.stdout.write(`ran <${line}>\r\n${prompt}`);
      if (line === 'exit') process.exit();
      line = '';
    } else {
      line += key;
      process.stdout.write(JSON.stringify(key).slice(1, -1));
    }
  }
});
