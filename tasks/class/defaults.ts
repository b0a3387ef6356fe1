/** What a lab of a class is given when nobody says otherwise. In a file of its own, so that `lab --help` need not load the class. */
export const CLASS_DEFAULTS = {
  memory: 3500,
  cores: 2,
  hours: 8,
  saveMinutes: 10,
  idleMinutes: 60,
  extraHours: 2,
  scratch: '/var/tmp',
  port: '8443',
} as const;
