import manifest from '../../package.json' with { type: 'json' };

/** This program's own version, as it names itself to the upstream and to `--version`. */
export const version: string = manifest.version;
