/**
 * When in a plan each sort of change goes; lower first, equal ranks may overlap.
 *
 * Invariants, each with its reason:
 * - what runs is stopped before what it runs on goes, and started after what it runs on has come;
 * - a file is written after its owner and the mount it is on exist, and goes before them;
 * - unit files share a rank with accounts, because the reload they need (70–80 ms) is the longest wait that needs nothing else;
 * - addresses come before routes and go after them, so that a host is never without a way out while it changes ways.
 * Source: ../shared/DESIGN.md "How a host changes".
 */
export const ranks = {
  /** Undo of commands and databases that go: both may need the old services. */
  takeBack: 0,
  stop: 10,
  removeFile: 20,
  unmount: 30,
  /** Folders that a mount stood on. */
  removeMountPoint: 40,
  package: 50,
  removeUser: 60,
  /** Groups and kernel modules; the next rank has users in those groups and sysctls of those modules. */
  group: 70,
  /** Users, and everything that needs neither users nor files: sysctls, units, firewall, host names, addresses. */
  user: 80,
  /** After users have left them; and folders that a mount will stand on, whose owners exist by now. */
  removeGroup: 90,
  mountPoint: 90,
  mount: 100,
  file: 110,
  route: 120,
  limit: 120,
  start: 130,
  /** With `start`: by now new routes exist and nothing uses the module. */
  removeAddress: 130,
  unloadModule: 130,
  database: 140,
  command: 150,
} as const;
