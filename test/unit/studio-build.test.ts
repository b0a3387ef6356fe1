import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';

interface Page {
  size: number;
  sources: string[];
}
const root = join(import.meta.dirname, '../..');
const { buildPage } = (await import(pathToFileURL(join(root, 'bin/build.js')).href)) as {
  buildPage(root: string): Promise<Page>;
};

describe('studio: what its script is built from', () => {
  it('is the page, the model and what draws, and few packages: nothing of Node, of a lab or of the command line', async () => {
    const { sources, size } = await buildPage(root);
    const places = new Set(
      sources.map(
        (source) =>
          /node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? /^.*(?=\/)/.exec(source)?.[0] ?? source,
      ),
    );
    expect([...places].sort()).to.deep.equal([
      ...['node_modules/@preact/signals', 'node_modules/@preact/signals-core', 'node_modules/preact'],
      ...[
        'tasks/architecture',
        'tasks/inspect/journal',
        'tasks/measure/drill',
        'tasks/measure/report',
        'tasks/studio/page',
      ],
      'tasks/watch/model',
    ]);
    const shared = sources.filter((source) => /^tasks\/(architecture|inspect|measure)/.test(source));
    expect(shared.map((source) => source.replace(/.*\//, '')).sort()).to.deep.equal([
      ...[
        'chart.ts',
        'lane.ts',
        'look.ts',
        'names.ts',
        'samples.ts',
        'scene.ts',
        'svg.ts',
        'windows.ts',
        'words.ts',
      ],
    ]);
    // The build refuses 40 kB; less than that is what there is now.
    expect(size).to.be.below(40 * 1024);
  });
});
