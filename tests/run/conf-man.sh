#!/bin/bash
# SPDX-License-Identifier: ISC
# Options as the daemons know them (-D), as callpipe.conf(5) describes them and as
# etc/callpipe.conf shows them are the same; the example works, as it is and with
# all that is commented out.
# shellcheck source=tests/run/lib.sh
. "$(dirname "$0")/lib.sh"

daemons='webhookd sockd vadd brokerd'

# "name TAB words" of each option: type, range and default, as the page has to write them.
for d in $daemons; do
	"$(program "$d")" -D || fail "$d -D prints its options"
done | sort -u | awk -F '\t' -v OFS='\t' '{
	words = $2 ($3 != "" ? ", " $3 : "")
	if ($4 != "")
		words = words ", default " ($2 == "string" ? "\"" $4 "\"" : $4)
	print $1, words, $4 != "" }' > "$RUN/known"
[ -s "$RUN/known" ] || fail "there are options"

# The same from the page: .Ss is the group, .It Va the name, the line behind it the words.
awk -v OFS='\t' '
	/^\.S[hs] / { group = $2 }
	name != "" {
		sub(/\.$/, "")
		gsub(/\\\(dq/, "\"")
		gsub(/\\&/, "")
		gsub(/\\e/, "\\")
		print name, $0
		name = ""
	}
	/^\.It Va / && group ~ /^(common|webhookd|sockd|vadd|brokerd)/ { name = group "." $3 }
' "$TOP/man/callpipe.conf.5" > "$RUN/page"

awk -F '\t' '
	FNR == NR { said[$1] = $2; next }
	!($1 in said) { print $1 ": not in the page"; next }
	$3 && said[$1] != $2 || !$3 && index(said[$1] ",", $2 ",") != 1 {
		print $1 ": the page says \"" said[$1] "\", the program \"" $2 "\""
	}' "$RUN/page" "$RUN/known" > "$RUN/wrong"
[ -s "$RUN/wrong" ] && { cat "$RUN/wrong"; fail "callpipe.conf(5) gives type, range and default of every option"; }
ok "callpipe.conf(5) gives type, range and default of every option"

cut -f 1 "$RUN/page" | sort > "$RUN/names"
uniq -d "$RUN/names" > "$RUN/wrong"
cut -f 1 "$RUN/known" | sort | comm -13 - <(uniq "$RUN/names") >> "$RUN/wrong"
[ -s "$RUN/wrong" ] && { cat "$RUN/wrong"; fail "callpipe.conf(5) names no other option, and none twice"; }
ok "callpipe.conf(5) names no other option, and none twice"

# etc/callpipe.conf: group.name = default; commented out or not. Those in lists stand
# there with whatever value makes sense.
awk -v OFS='\t' '
	/^[a-z]+ = \{/ { group = $1 }
	/^\t#?[a-z_]+ = / {
		name = $1; sub(/^#/, "", name)
		value = $0; sub(/^[^=]*= /, "", value); sub(/;$/, "", value)
		print group "." name, value
	}' "$TOP/etc/callpipe.conf" > "$RUN/example"
awk -F '\t' '
	FNR == NR { shown[$1] = $2; next }
	split($1, part, ".") != 2 || $2 ~ /^(list|array|secret)/ {
		if (!(part[1] "." part[2] in shown))
			print $1 ": not in the example"
		next
	}
	{
		value = $2
		if (!sub(/^.*, default /, "", value))
			value = "\"\""
		else if ($2 ~ /^word/)
			value = "\"" value "\""
		if (shown[$1] != value)
			print $1 ": the example says " shown[$1] ", the program " value
	}' "$RUN/example" "$RUN/known" > "$RUN/wrong"
[ -s "$RUN/wrong" ] && { cat "$RUN/wrong"; fail "etc/callpipe.conf shows every option with its default"; }
ok "etc/callpipe.conf shows every option with its default"

# Some secrets and a folder of flows are all that it takes.
mkdir "$RUN/secrets"
echo "$CALLPIPE_TOKEN_SECRET" > "$RUN/secrets/token_secret"
app_key
cp "$RUN/app.key" "$RUN/secrets/vonage_private_key"
echo a-signature-secret > "$RUN/secrets/vonage_signature_secret"
echo sk-of-this-test > "$RUN/secrets/openai_key"
echo a-secret-of-the-account > "$RUN/secrets/vonage_api_secret"
for t in desk watch; do echo "a-token-for-the-$t" > "$RUN/secrets/api_$t"; done
export CREDENTIALS_DIRECTORY=$RUN/secrets
sed "s|#flow_dir = .*|flow_dir = \"$TOP/etc/flows\";|" "$TOP/etc/callpipe.conf" > "$RUN/as-it-is.conf"
sed 's/^\t#\([^ ]\)/\t\1/' "$RUN/as-it-is.conf" > "$RUN/all.conf"
for d in $daemons; do
	for f in as-it-is all; do
		"$(program "$d")" -n -c "$RUN/$f.conf" || fail "$d takes etc/callpipe.conf, $f"
	done
done
ok "all daemons take etc/callpipe.conf, as it is and with everything uncommented"
