import type { ContractCase } from '@guise/agent';
import { put } from './text.ts';
import { digestOfText } from './units.ts';

const service = '[Service]\nType=oneshot\nExecStart=/bin/true\n';
const timerOf = (calendar: string): string => `[Timer]\nOnCalendar=${calendar}\n[Install]\nWantedBy=timers.target\n`;
const stateOf = (timer: string) => ({
  timer_unit: digestOfText(timer),
  service_unit: digestOfText(service),
  state: 'running',
  enabled: true,
});

export const timerCases: readonly ContractCase[] = [
  {
    name: 'a new one',
    content: [service, timerOf('daily')],
    after: { 'timer:shop-report': stateOf(timerOf('daily')) },
  },
  {
    name: 'one that runs, with another calendar',
    content: [service, timerOf('weekly')],
    arrange: async (host) => {
      put(host, '/etc/systemd/system/report.service', service);
      put(host, '/etc/systemd/system/report.timer', timerOf('monthly'));
      await host.run(['systemctl', 'enable', '--now', '--quiet', 'report.timer']);
    },
    after: { 'timer:report': stateOf(timerOf('weekly')) },
  },
];
