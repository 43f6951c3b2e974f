import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from './connection.ts';
import { childrenOf } from './process-facts.ts';
import { freePort, measuredCore, stop, type Workshop } from './workshop.ts';

export interface RunningNginx extends AsyncDisposable {
  port: number;
  /** Master and worker. */
  pids: number[];
}

export function findNginx(): string | null {
  return Bun.which('nginx', { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin` });
}

export function nginxVersion(program: string): string {
  const { stderr } = Bun.spawnSync([program, '-v'], { stderr: 'pipe' });
  return stderr
    .toString()
    .trim()
    .replace(/^nginx version: /, '');
}

/** The plainest relay there is: one worker, no logs, kept connections on both sides, nothing buffered. */
export async function startNginx(workshop: Workshop, program: string, upstreamPort: number): Promise<RunningNginx> {
  const folder = workshop.folder();
  const port = await freePort();
  mkdirSync(join(folder, 'temp'));
  writeFileSync(join(folder, 'nginx.conf'), configuration(port, upstreamPort));
  const child = workshop.start(measuredCore, [
    program,
    '-p',
    folder,
    '-e',
    join(folder, 'error.log'),
    '-c',
    join(folder, 'nginx.conf'),
  ]);
  for (const deadline = performance.now() + 5_000; performance.now() < deadline; await Bun.sleep(10)) {
    const connection = await Connection.open(port).catch(() => undefined);
    connection?.close();
    const workers = childrenOf(child.pid);
    if (connection && workers.length === 1)
      return { port, pids: [child.pid, ...workers], [Symbol.asyncDispose]: () => stop(child) };
  }
  throw new Error('nginx did not come up.');
}

function configuration(port: number, upstreamPort: number): string {
  return `daemon off;
worker_processes 1;
pid nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path temp/body;
  proxy_temp_path temp/proxy;
  fastcgi_temp_path temp/fastcgi;
  uwsgi_temp_path temp/uwsgi;
  scgi_temp_path temp/scgi;
  keepalive_requests 1000000;
  tcp_nodelay on;
  upstream codex { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://codex;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
  }
}
`;
}
