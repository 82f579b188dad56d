import { describe, expect, it } from 'vitest';
import { noLimits, parseLimits, renderLimits } from './limit-file.ts';

const all = { cpu_quota_percent: 12.5, memory_max_bytes: 268_435_456, tasks_max: 100, io_weight: 50 };

describe('limits of a unit', () => {
  it('are read back as they were written', () => {
    expect(parseLimits(renderLimits('nginx.service', all))).toEqual(all);
    const some = { ...noLimits, tasks_max: 7 };
    expect(parseLimits(renderLimits('nginx.service', some))).toEqual(some);
  });

  it('have no file when there are none', () => {
    expect(renderLimits('nginx.service', noLimits)).toBeNull();
    expect(parseLimits(null)).toEqual(noLimits);
  });

  it("go to the section of the unit's type", () => {
    expect(renderLimits('shop.slice', all)).toContain('[Slice]\nCPUQuota=12.5%\n');
  });
});
