/**
 * What every host has beyond its packages. All of it is part of the recipe's hash: a change makes a new base image.
 */
export const baseFiles: Readonly<Record<string, string>> = {
  // A lab host is thrown away, so its packages need not outlive a power cut; dpkg would wait for the disk at every file.
  'etc/dpkg/dpkg.cfg.d/90lab': 'force-unsafe-io\n',
  'etc/apt/apt.conf.d/90lab': 'APT::Install-Recommends "false";\nDpkg::Use-Pty "false";\n',
  'etc/systemd/journald.conf.d/lab.conf': '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n',
  'etc/environment': 'DEBIAN_FRONTEND=noninteractive\n',
  'etc/systemd/system/lab-network.service': `[Unit]
Description=Address of this lab host
DefaultDependencies=no
Before=network.target network-online.target
Wants=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/ip -batch /etc/lab-network
`,
  'etc/systemd/system/guise-agent.service': `[Unit]
Description=guise agent
After=network.target
ConditionPathExists=/etc/guise/agent.json

[Service]
ExecStart=/opt/guise/bin/guise-agent
Restart=on-failure
RestartSec=1

[Install]
WantedBy=multi-user.target
`,
};

/** Units that do nothing useful in a lab and would wake or load a hundred idle hosts. */
export const maskedUnits: readonly string[] = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'console-getty.service',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty.target',
  'systemd-tmpfiles-clean.timer',
];
