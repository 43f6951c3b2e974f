CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`key_hash` text NOT NULL,
	`prefix` text NOT NULL,
	`is_active` integer DEFAULT true NOT NULL,
	`expires_at` integer,
	`allowed_models` text,
	`usage_count` integer DEFAULT 0 NOT NULL,
	`last_used_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_key_hash_unique` ON `api_keys` (`key_hash`);--> statement-breakpoint
CREATE TABLE `api_logs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`request_id` text NOT NULL,
	`api_key_id` text,
	`token_id` text,
	`endpoint` text NOT NULL,
	`model` text,
	`served_model` text,
	`status_code` integer NOT NULL,
	`error_code` text,
	`error_message` text,
	`attempts` integer DEFAULT 0 NOT NULL,
	`attempt_details` text,
	`streamed` integer DEFAULT false NOT NULL,
	`time_to_first_byte_ms` integer,
	`duration_ms` integer NOT NULL,
	`input_tokens` integer,
	`cached_tokens` integer,
	`output_tokens` integer,
	`reasoning_tokens` integer,
	`cost_micros` integer,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_logs_request_id_unique` ON `api_logs` (`request_id`);--> statement-breakpoint
CREATE INDEX `api_logs_created` ON `api_logs` (`created_at`);--> statement-breakpoint
CREATE INDEX `api_logs_key` ON `api_logs` (`api_key_id`,`id`);--> statement-breakpoint
CREATE INDEX `api_logs_token` ON `api_logs` (`token_id`,`id`);--> statement-breakpoint
CREATE TABLE `bindings` (
	`key` text PRIMARY KEY NOT NULL,
	`token_id` text NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `bindings_expiry` ON `bindings` (`expires_at`);--> statement-breakpoint
CREATE TABLE `catalogues` (
	`id` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`etag` text,
	`fetched_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `model_blocks` (
	`token_id` text NOT NULL,
	`model` text NOT NULL,
	`reason` text NOT NULL,
	`until` integer NOT NULL,
	PRIMARY KEY(`token_id`, `model`),
	FOREIGN KEY (`token_id`) REFERENCES `tokens`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `quota_windows` (
	`token_id` text NOT NULL,
	`family` text NOT NULL,
	`window_seconds` integer NOT NULL,
	`used_percent` real NOT NULL,
	`resets_at` integer,
	`source` text NOT NULL,
	`read_at` integer NOT NULL,
	PRIMARY KEY(`token_id`, `family`, `window_seconds`),
	FOREIGN KEY (`token_id`) REFERENCES `tokens`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `settings` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `stored_items` (
	`api_key_id` text NOT NULL,
	`item_id` text NOT NULL,
	`response_id` text NOT NULL,
	PRIMARY KEY(`api_key_id`, `item_id`)
);
--> statement-breakpoint
CREATE INDEX `stored_items_response` ON `stored_items` (`api_key_id`,`response_id`);--> statement-breakpoint
CREATE TABLE `stored_responses` (
	`id` text NOT NULL,
	`api_key_id` text NOT NULL,
	`previous_id` text,
	`token_id` text,
	`payload` blob NOT NULL,
	`bytes` integer NOT NULL,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	PRIMARY KEY(`api_key_id`, `id`)
);
--> statement-breakpoint
CREATE INDEX `stored_responses_expiry` ON `stored_responses` (`expires_at`);--> statement-breakpoint
CREATE INDEX `stored_responses_age` ON `stored_responses` (`created_at`);--> statement-breakpoint
CREATE TABLE `tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`email` text,
	`account_id` text DEFAULT '' NOT NULL,
	`user_id` text NOT NULL,
	`plan` text,
	`access_token` blob NOT NULL,
	`refresh_token` blob,
	`id_token` blob,
	`extra` blob,
	`expired_at` integer,
	`last_refresh_at` integer,
	`credential_version` integer DEFAULT 1 NOT NULL,
	`refresh_lease_owner` text,
	`refresh_lease_until` integer,
	`refresh_retry_at` integer,
	`refresh_failures` integer DEFAULT 0 NOT NULL,
	`state` text DEFAULT 'active' NOT NULL,
	`state_reason` text,
	`state_until` integer,
	`state_changed_at` integer NOT NULL,
	`failure_streak` integer DEFAULT 0 NOT NULL,
	`priority` integer DEFAULT 0 NOT NULL,
	`max_concurrency` integer,
	`proxy_url` blob,
	`notes` text,
	`catalogue_id` text,
	`catalogue_checked_at` integer,
	`routing_override` text,
	`backend_origin` text,
	`quota_rank` integer DEFAULT 5 NOT NULL,
	`quota_reset_at` integer DEFAULT 9007199254740991 NOT NULL,
	`quota_checked_at` integer,
	`selected_seq` integer DEFAULT 0 NOT NULL,
	`random_position` real DEFAULT 0 NOT NULL,
	`total_requests` integer DEFAULT 0 NOT NULL,
	`success_requests` integer DEFAULT 0 NOT NULL,
	`failed_requests` integer DEFAULT 0 NOT NULL,
	`last_used_at` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_identity` ON `tokens` (`account_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `tokens_state` ON `tokens` (`state`,`state_until`);--> statement-breakpoint
CREATE INDEX `tokens_expiry` ON `tokens` (`expired_at`);--> statement-breakpoint
CREATE INDEX `tokens_selected_seq` ON `tokens` (`selected_seq`);--> statement-breakpoint
CREATE INDEX `tokens_round_robin` ON `tokens` (priority desc,`selected_seq`) WHERE state = 'active';--> statement-breakpoint
CREATE INDEX `tokens_random` ON `tokens` (priority desc,`random_position`) WHERE state = 'active';--> statement-breakpoint
CREATE INDEX `tokens_least_used` ON `tokens` (priority desc,`total_requests`,`selected_seq`) WHERE state = 'active';--> statement-breakpoint
CREATE INDEX `tokens_quota` ON `tokens` (priority desc,`quota_rank`,`quota_reset_at`,`selected_seq`) WHERE state = 'active';--> statement-breakpoint
CREATE TABLE `usage_daily` (
	`starts_at` integer NOT NULL,
	`api_key_id` text NOT NULL,
	`token_id` text NOT NULL,
	`model` text NOT NULL,
	`requests` integer NOT NULL,
	`failures` integer NOT NULL,
	`input_tokens` integer NOT NULL,
	`cached_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`reasoning_tokens` integer NOT NULL,
	`cost_micros` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	PRIMARY KEY(`starts_at`, `api_key_id`, `token_id`, `model`)
);
--> statement-breakpoint
CREATE TABLE `usage_hourly` (
	`starts_at` integer NOT NULL,
	`api_key_id` text NOT NULL,
	`token_id` text NOT NULL,
	`model` text NOT NULL,
	`requests` integer NOT NULL,
	`failures` integer NOT NULL,
	`input_tokens` integer NOT NULL,
	`cached_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`reasoning_tokens` integer NOT NULL,
	`cost_micros` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	PRIMARY KEY(`starts_at`, `api_key_id`, `token_id`, `model`)
);
--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`username` text NOT NULL,
	`password_hash` text NOT NULL,
	`must_change_password` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_username_unique` ON `users` (`username`);