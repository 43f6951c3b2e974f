import { expect, test } from 'bun:test';
import { proxyFor } from '../../../server/upstream/proxy.ts';

const none = { HTTP_PROXY: undefined, HTTPS_PROXY: undefined, ALL_PROXY: undefined, NO_PROXY: '' };
const proxy = 'http://proxy:3128';

test.each([
  { name: 'no variable: direct', env: {}, url: 'https://chatgpt.com/x', expected: null },
  { name: 'https by HTTPS_PROXY', env: { HTTPS_PROXY: proxy }, url: 'https://chatgpt.com/x', expected: proxy },
  { name: 'http not by HTTPS_PROXY', env: { HTTPS_PROXY: proxy }, url: 'http://chatgpt.com/x', expected: null },
  {
    name: 'ALL_PROXY for what has none of its own',
    env: { ALL_PROXY: proxy },
    url: 'https://chatgpt.com/x',
    expected: proxy,
  },
  {
    name: 'the specific one wins over ALL_PROXY',
    env: { ALL_PROXY: 'socks5://all:1', HTTPS_PROXY: proxy },
    url: 'https://a.b/x',
    expected: proxy,
  },
  { name: 'NO_PROXY *', env: { HTTPS_PROXY: proxy, NO_PROXY: '*' }, url: 'https://a.b/x', expected: null },
  {
    name: 'NO_PROXY names the host',
    env: { HTTPS_PROXY: proxy, NO_PROXY: 'x.y, a.b' },
    url: 'https://a.b/x',
    expected: null,
  },
  {
    name: 'NO_PROXY names a domain of the host',
    env: { HTTPS_PROXY: proxy, NO_PROXY: 'b.c' },
    url: 'https://a.b.c/x',
    expected: null,
  },
  {
    name: 'NO_PROXY with a leading dot',
    env: { HTTPS_PROXY: proxy, NO_PROXY: '.b.c' },
    url: 'https://a.b.c/x',
    expected: null,
  },
  {
    name: 'NO_PROXY is no suffix of a word',
    env: { HTTPS_PROXY: proxy, NO_PROXY: 'b.c' },
    url: 'https://ab.c/x',
    expected: proxy,
  },
  {
    name: 'NO_PROXY of another port',
    env: { HTTP_PROXY: proxy, NO_PROXY: 'a.b:81' },
    url: 'http://a.b:80/x',
    expected: proxy,
  },
  {
    name: 'NO_PROXY of the default port',
    env: { HTTPS_PROXY: proxy, NO_PROXY: 'a.b:443' },
    url: 'https://a.b/x',
    expected: null,
  },
  {
    name: 'NO_PROXY of this port',
    env: { HTTP_PROXY: proxy, NO_PROXY: 'a.b:81' },
    url: 'http://a.b:81/x',
    expected: null,
  },
])('environment proxies: $name', ({ env, url, expected }) => {
  expect(proxyFor(url, null, { ...none, ...env })).toBe(expected);
});

test('T7: an account’s own proxy is used whatever the environment says', () => {
  expect(proxyFor('https://a.b/x', 'socks5://own:1080', { ...none, HTTPS_PROXY: proxy, NO_PROXY: '*' })).toBe(
    'socks5://own:1080',
  );
});
