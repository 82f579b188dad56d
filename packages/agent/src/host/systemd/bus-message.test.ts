import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeCall, messageSize } from './bus-message.ts';

const call = {
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
  member: 'EnableUnitFiles',
};

// Captured on the private socket of systemd 252.
const jobRemoved =
  '6c040101550000001e000000a200000001016f00190000002f6f72672f667265656465736b746f702f73797374656d643100' +
  '00000000000002017300200000006f72672e667265656465736b746f702e73797374656d64312e4d616e6167657200000000' +
  '00000000030173000a0000004a6f6252656d6f76656400000000000007017300180000006f72672e667265656465736b746f' +
  '702e73797374656d643100000000000000000801670004756f73730000000000000087490000230000002f6f72672f667265' +
  '656465736b746f702f73797374656d64312f6a6f622f3138383233001800000073797374656d642d6a6f75726e616c642e73' +
  '6572766963650000000004000000646f6e6500';
const noSuchFile =
  '6c0301011e0000000900000067000000050175000300000004017300270000006f72672e667265656465736b746f702e4442' +
  '75732e4572726f722e46696c654e6f74466f756e640007017300180000006f72672e667265656465736b746f702e73797374' +
  '656d643100000000000000000801670001730000190000004e6f20737563682066696c65206f72206469726563746f727900';

describe('a D-Bus message', () => {
  it('is read as it was written, at every length of a name', () => {
    for (let length = 1; length < 20; length++) {
      const body = [['a'.repeat(length), 'ü.service'], true, 'x'.repeat(length), false];
      const bytes = encodeCall(7, { ...call, body });
      expect(bytes.length).toBe(messageSize(bytes));
      expect(decodeMessage(bytes)).toEqual({
        type: 'call',
        replyTo: null,
        member: 'EnableUnitFiles',
        errorName: null,
        body,
      });
    }
  });

  it('without a body is complete', () => {
    const bytes = encodeCall(1, { ...call, body: [] });
    expect(bytes.length).toBe(messageSize(bytes));
    expect(decodeMessage(bytes).body).toEqual([]);
  });

  it('has no size before its fixed header has come', () => {
    expect(messageSize(encodeCall(1, { ...call, body: [] }).subarray(0, 15))).toBeNull();
  });

  it('of the other byte order is refused', () => {
    const bytes = Buffer.from(encodeCall(1, { ...call, body: [] }));
    bytes[0] = 'B'.charCodeAt(0);
    expect(() => messageSize(bytes)).toThrow('not little-endian');
  });

  it('from systemd 252 is understood', () => {
    expect(decodeMessage(Buffer.from(jobRemoved, 'hex'))).toEqual({
      type: 'signal',
      replyTo: null,
      member: 'JobRemoved',
      errorName: null,
      body: [18_823, '/org/freedesktop/systemd1/job/18823', 'systemd-journald.service', 'done'],
    });
    expect(decodeMessage(Buffer.from(noSuchFile, 'hex'))).toEqual({
      type: 'error',
      replyTo: 3,
      member: null,
      errorName: 'org.freedesktop.DBus.Error.FileNotFound',
      body: ['No such file or directory'],
    });
  });
});
