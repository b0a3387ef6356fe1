// The lab's end of the way to its studio, as `lab class job-stream` runs it.
const { serveBridge } = await import('../../../tasks/class/front/bridge.ts');
await serveBridge(process.argv[2], process.stdin, process.stdout);
