import type { VariableName } from '../../server/env.ts';

/** The groups of `server/env.ts` in Chinese. */
export const chineseGroups: Readonly<Record<string, string>> = {
  Server: '服务',
  Data: '数据',
  Administrator: '管理员',
  Accounts: '账号',
  Upstream: '上游',
  Deadlines: '时限（毫秒）',
};

/** The meanings of `server/env.ts` in Chinese; the type makes a new variable fail the check until it stands here too. */
export const chineseMeanings: Readonly<Record<VariableName, string>> = {
  PORT: '监听端口；0 表示任意空闲端口。',
  HOST: '监听地址。`0.0.0.0` 会向网络开放网关。',
  CORS_ORIGINS: '允许在浏览器中调用 `/v1` 的来源，以逗号分隔；`*` 表示任意来源。留空：不允许。',
  BODY_LIMIT: '请求体上限（解压前后均适用），单位字节，可加 K、M、G。',
  MODELS_PUBLIC: '`GET /v1/models` 是否无需密钥即可访问。',
  LOG_LEVEL: '`trace`、`debug`、`info`、`warn`、`error`、`fatal` 或 `silent`。',

  DATABASE_PATH: 'SQLite 文件；所在目录不存在时自动创建。',
  ENCRYPTION_KEY: '加密所存令牌的密钥：32 字节，base64 或十六进制。未设置：使用数据库旁权限为 0600 的密钥文件。',
  MODELS_FILE: '用来代替内置 `models.json` 的模型表。',
  LOG_RETENTION_DAYS: '请求日志保留天数；汇总数据永久保留。0 表示全部保留。',
  RESPONSES_TTL: '为 `previous_response_id` 保存回答的时长，单位秒，可加 s、m、h、d。0 表示关闭。',
  RESPONSES_MAX_BYTES: '这些回答最多占用的空间，单位字节，可加 K、M、G；超出时先删最旧的。',

  ADMIN_USERNAME: '`init-db` 创建的首个管理员的用户名。',
  ADMIN_PASSWORD: '首个管理员的密码。未设置：随机生成，只显示一次。',
  SESSION_SECRET: '为兼容前身的 `.env` 而保留；会话是数据库中的随机标识，不需要密钥。',

  LOAD_BALANCE_STRATEGY: '`round-robin`、`random`、`least-used` 或 `quota-aware`。数据库中保存的设置优先。',
  AFFINITY: '账号健康时，同一会话固定使用同一账号。数据库中保存的设置优先。',
  MAX_ATTEMPTS: '在产生任何输出之前，一个请求最多调用上游的次数。',
  ACQUIRE_TIMEOUT_MS: '所有账号都达到并发上限时，请求等待空位的时长。',

  CODEX_BASE_URL: 'Codex 后端的基础地址。',
  CODEX_USAGE_URL: '额度接口。未设置：由 `CODEX_BASE_URL` 推导（`…/backend-api/wham/usage`）。',
  OAUTH_ISSUER: '登录服务器；令牌接口为 `$OAUTH_ISSUER/oauth/token`。',
  CODEX_CLIENT_VERSION: '向后端声明的协议版本；后端据此列出并提供模型。',
  CODEX_USER_AGENT: '发往后端的 User-Agent。未设置：由 originator、版本和本程序名称组成。',
  CODEX_ORIGINATOR: '发往后端的 originator 请求头。',
  HTTP_PROXY: '访问 http:// 地址的出站代理（http、https 或 socks5）。',
  HTTPS_PROXY: '访问 https:// 地址的出站代理。',
  ALL_PROXY: '未设置对应的专用代理时，两者共用的出站代理。',
  NO_PROXY: '不经代理直接访问的主机，以逗号分隔；账号自己的代理不受影响。',

  CONNECT_TIMEOUT_MS: '连接上游主机。',
  HEADERS_TIMEOUT_MS: '从发出请求到收到上游状态行。',
  IDLE_TIMEOUT_MS: '上游流中最长的静默。',
  TOTAL_TIMEOUT_MS: '一次上游回答的总时长。',
  CONTROL_TIMEOUT_MS: '刷新令牌、查询额度和模型列表的总时长。',
  BODY_TIMEOUT_MS: '接收客户端请求体。',
  KEEPALIVE_MS: '对流式客户端静默多久后发送保活注释。',
  SHUTDOWN_TIMEOUT_MS: '收到 SIGTERM 或 SIGINT 后，进行中的请求最多还能运行多久。',
};
