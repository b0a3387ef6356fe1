/** QEMU's device that ends it: writing V to its port gives the exit code 2V+1. */
export const EXIT_DEVICE = 'isa-debug-exit,iobase=0xf4,iosize=4';

/** QEMU's exit code when the boot sector has run: it writes 0x10. */
export const EXIT_CODE = 0x21;

/** Instructions of the boot sector: 16-bit code, loaded at 0x7c00. */
const CODE = [
  'fb', // sti                  interrupts on
  '31c0', // xor ax, ax
  '8ed8', // mov ds, ax         data from address 0
  'a16c04', // mov ax, [0x046c] the BIOS's count of timer ticks
  '3b066c04', // cmp ax, [0x046c]
  '74fa', // je to the cmp      until it has changed
  'b010', // mov al, 0x10
  'e6f4', // out 0xf4, al       QEMU ends here
  'f4', // hlt                  should it not
  'ebfd', // jmp to the hlt
];

/** 512 bytes that wait for one tick of the timer, so that interrupts are tried too, and then end QEMU. */
export function bootSector(): Buffer {
  const sector = Buffer.alloc(512);
  Buffer.from(CODE.join(''), 'hex').copy(sector);
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}
