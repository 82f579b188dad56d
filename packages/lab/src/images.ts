/**
 * The operating systems that lab hosts can have, by the names that `operating_system.image` has for them.
 *
 * A name is what os-release(5) of such a host says, `ID-VERSION_ID`, by which a host can tell that it has the image of a persona.
 */
import { createHash } from 'node:crypto';
import { GuiseError } from '@guise/model';
import { baseFiles, maskedUnits } from './base-files.ts';

const releases = { 'debian-12': 'bookworm', 'debian-13': 'trixie' } as const;

export type ImageName = keyof typeof releases;

export const imageNames = Object.keys(releases) as readonly ImageName[];
export const defaultImage: ImageName = 'debian-12';

/** All that shapes an image. */
export interface Recipe {
  /** Raised when how images are built changes, so that they are built anew. */
  readonly version: number;
  readonly release: string;
  readonly packages: readonly string[];
  readonly files: Readonly<Record<string, string>>;
  readonly maskedUnits: readonly string[];
}

export function recipeOf(image: ImageName): Recipe {
  return {
    version: 2,
    release: releases[image],
    packages: [
      'systemd',
      'systemd-sysv',
      'dbus',
      'libpam-systemd',
      'nftables',
      'iproute2',
      'procps',
      'ca-certificates',
      'curl',
    ],
    files: baseFiles,
    maskedUnits,
  };
}

export function recipeDigest(recipe: Recipe): string {
  return createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
}

/** Throws: `argument_invalid`. */
export function parseImageName(text: string): ImageName {
  if (isImageName(text)) return text;
  throw new GuiseError(
    'argument_invalid',
    `Cannot use the image ${JSON.stringify(text.slice(0, 80))}: the lab has ${imageNames.join(' and ')}`,
  );
}

export function isImageName(value: unknown): value is ImageName {
  return imageNames.some((name) => name === value);
}
