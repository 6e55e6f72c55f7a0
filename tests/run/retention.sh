#!/bin/bash
# SPDX-License-Identifier: ISC
# What is older than its days goes, each kind by its own; what is younger stays, and so do times and amounts.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"
WEBHOOKD_EXTRA='retention_events_days = 10; retention_transcripts_days = 20; retention_audio_days = 30;'" media_dir = \"$RUN/media\";"
configure
"$BIN/tools/callctl" -c "$CONF" contacts add 447700900001 Ann || fail "contacts add makes the database"
mkdir "$RUN/rec/stuck.wav" "$RUN/media"
spoken=$(printf '%063d' 0)
touch -d '31 days ago' "$RUN/media/${spoken}1.wav"
touch -d '29 days ago' "$RUN/media/${spoken}2.wav"
for f in old young; do printf 'RIFF' > "$RUN/rec/$f.wav"; done
# 1,500 rows of each: more than a batch.
sqlite3 "$RUN/callpipe.db" "
create temp table t (day, ms);
insert into t select value, (unixepoch() - value * 86400 - 3600) * 1000 from generate_series(5, 35, 5);
insert into calls (id, state, started_at) select 'c' || day, 'ended', ms from t;
insert into events (call, kind, received_at, body) select 'c' || day, 'status', ms, '{}' from t, generate_series(1, 1500);
insert into turns (call, turn, state, created_at, user_text, bot_text, ear_ms) select 'c' || day, value, 'done', ms, 'hello', 'hi', 700 from t, generate_series(1, 1500);
insert into jobs (kind, state, created_at, next_at) select 'sms', case day when 35 then 'waiting' else 'done' end, ms, 4000000000000 from t;
insert into answers (call, flow, name, value, at) select 'c' || day, 'survey', 'q', 'yes', ms from t;
insert into flow_states (call, flow, step, vars, updated_at) select 'c' || day, 'survey', 'q', '{}', ms from t;
insert into dials (number, flow, vars, state, created_at, updated_at) select '4477009' || printf('%02d', day), 'f', '{\"name\":\"Ann\"}', case day when 35 then 'waiting' else 'done' end, ms, ms from t;
insert into recordings (call, path, started_at) values
 ('c35', '$RUN/rec/old.wav', (select ms from t where day = 35)), ('c35', '$RUN/rec/stuck.wav', (select ms from t where day = 35)),
 ('c35', '$RUN/rec/gone.wav', (select ms from t where day = 35)), ('c25', '$RUN/rec/young.wav', (select ms from t where day = 25));"
start webhookd
wait_row "select count(*) from events" 1500
wait_row "select count(*) from turns where user_text is not null or bot_text is not null" 4500
# The young one, and one of old that is not finished.
wait_row "select count(*) from jobs" 2
wait_row "select count(*) from answers" 3
wait_row "select count(*) from flow_states" 3
# 35 is not over yet.
wait_row "select group_concat(substr(number, 8), ' ') from (select number from dials where vars is not null order by number)" "05 10 15 35"
[ "$(sql "select count(distinct call) from events")" = 1 ] || fail "only the young events are there: $(sql "select distinct call from events")"
[ "$(sql "select group_concat(distinct call) from turns where user_text is not null order by 1")" = c5,c10,c15 ] ||
    fail "only young texts are there: $(sql "select group_concat(distinct call) from turns where user_text is not null")"
[ "$(sql "select count(*) from turns where ear_ms = 700")" = 10500 ] || fail "the times of all turns are there"
[ "$(sql "select count(*) from calls")" = 7 ] || fail "the calls are there"
ok "events, texts and answers go by their own days, the times stay"
wait_row "select group_concat(path, ' ') from (select path from recordings order by path)" "$RUN/rec/stuck.wav $RUN/rec/young.wav"
[ ! -e "$RUN/rec/old.wav" ] || fail "the old file is gone"
[ -e "$RUN/rec/young.wav" ] || fail "the young file is there"
[ ! -e "$RUN/media/${spoken}1.wav" ] || fail "what was spoken long ago is gone"
[ -e "$RUN/media/${spoken}2.wav" ] || fail "what was spoken lately is there"
wait_log webhookd 0 'event=retention.file .*stuck.wav'
ok "recordings go with their files; one that cannot be deleted keeps its row, and is told"

# ---- what nobody answers for ----
mkdir -p "$RUN/rec/vonage"
wav() { { printf 'RIFF\0\0\0\0WAVEfmt \20\0\0\0\1\0\2\0\200\76\0\0\0\372\0\0\4\0\20\0data\0\0\0\0'; head -c 64000 /dev/zero; } > "$RUN/rec/$1"; }
for f in gone.part gone.tag job-7.part kept.part kept.tag job-9.part fresh.part; do echo x > "$RUN/rec/vonage/$f"; done
wav lone.wav; wav lone-2.wav; wav forgotten.wav; wav stranger.wav; wav now.wav
sqlite3 "$RUN/callpipe.db" -cmd '.timeout 5000' "
insert into calls (id, state, started_at) values ('lone', 'ended', (unixepoch() - 8000) * 1000), ('now', 'ended', unixepoch() * 1000);
insert into forgotten (at, number_hash, kind, item, sha256, chain) values (1, 'h', 'call', 'forgotten', '-', 'c');
insert into jobs (id, kind, key, state, created_at, next_at) values (1000007, 'fetch', 'gone', 'failed', unixepoch() * 1000, 4000000000000),
 (1000008, 'fetch', 'kept', 'parked', unixepoch() * 1000, 4000000000000), (9, 'fetch', 'http://x/', 'waiting', unixepoch() * 1000, 4000000000000);"
touch -d '25 hours ago' "$RUN"/rec/vonage/{gone,job-7,kept,job-9}.*
touch -d '2 hours ago' "$RUN"/rec/{lone,lone-2,forgotten,stranger}.wav
kill "$(pid webhookd)"
timeout "$LIMIT" tail --pid="$(pid webhookd)" -f /dev/null
start webhookd
wait_row "select count(*) from recordings where call = 'lone' and rate_hz = 16000 and duration_ms = 1000 and bytes = 64044 and started_at < (unixepoch() - 7000) * 1000" 2
wait_log webhookd 0 'event=leftover.unknown name="stranger.wav"'
timeout "$LIMIT" bash -c "while [ -e '$RUN/rec/forgotten.wav' ] || [ -e '$RUN/rec/vonage/gone.part' ]; do read -r -t 0.05 <> <(:); done" || fail "what is left over is deleted: $(ls "$RUN/rec" "$RUN/rec/vonage")"
[ "$(cd "$RUN/rec/vonage" && echo *)" = 'fresh.part job-9.part kept.part kept.tag' ] || fail "parts of unfinished downloads stay, and young ones: $(ls "$RUN/rec/vonage")"
[ "$(sql "select count(*) from recordings where call in ('now', 'stranger')")" = 0 ] || fail "a young file and a stranger's get no row"
[ -e "$RUN/rec/stranger.wav" ] || fail "a stranger's file stays"
ok "parts of downloads that are over go, recordings without a row get one, those of a forgotten call go"
