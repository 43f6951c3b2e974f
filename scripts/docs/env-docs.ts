import { type VariableName, variables } from '../../server/env.ts';
import { chineseGroups, chineseMeanings } from './env-chinese.ts';

interface DocumentedVariable {
  name: VariableName;
  group: string;
  about: string;
  fallback: string | undefined;
}

const documented: DocumentedVariable[] = (Object.keys(variables) as VariableName[]).map((name) => {
  const { group, about, fallback } = variables[name];
  return { name, group, about, fallback };
});

/** `.env.example`: every variable with its meaning and, commented out, its default. */
export function envExample(): string {
  const blocks = groups().map(([group, members]) => {
    const lines = members.map(({ name, about, fallback }) => `# ${about}\n#${name}=${fallback ?? ''}`);
    return `## ${group}\n\n${lines.join('\n\n')}`;
  });
  return `# Copy this file to .env and uncomment what you want to change; the values shown are the defaults.\n# Written by \`bun run docs\` from server/env.ts.\n\n${blocks.join('\n\n')}\n`;
}

/** The Markdown table of every variable, for the README of that language. */
export function envTable(language: 'en' | 'zh'): string {
  const isChinese = language === 'zh';
  const headings = isChinese ? ['变量', '默认值', '含义'] : ['Variable', 'Default', 'Meaning'];
  const rows = groups().flatMap(([group, members]) => [
    [`**${isChinese ? chineseGroups[group] : group}**`, '', ''],
    ...members.map(({ name, about, fallback }) => [
      code(name),
      fallback === undefined || fallback === '' ? '' : code(fallback),
      isChinese ? chineseMeanings[name] : about,
    ]),
  ]);
  return [headings, headings.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
}

/** The variables by group, in the order of `server/env.ts`. */
function groups(): [string, DocumentedVariable[]][] {
  return [...Map.groupBy(documented, ({ group }) => group)];
}

const code = (text: string) => `\`${text}\``;
const cell = (text: string | undefined) => (text ?? '').replaceAll('|', '\\|');
