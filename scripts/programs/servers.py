"""Servers under load, on loopback, each ended and looked at again."""

from .program import maker

server = maker("server")

PROGRAMS = (
    server("redis", "redis-server redis-benchmark redis-cli redis-check-rdb", "redis-server redis-tools",
           "for tool in server cli benchmark; do redis-$tool --version; done; redis-check-rdb none || true", r"""
        serve() {
            redis-server --bind 127.0.0.1 --port $PORT --dir . --save '' --enable-debug-command local \
                --loglevel warning >server.log 2>&1 &
            server=$!
            until_ready redis-cli -p $PORT -e ping
        }
        serve
        redis-cli -p $PORT --pipe < "$IN/commands" | tail -1
        redis-benchmark -p $PORT -n 20000 -c 20 -d 200 -t set,get,incr,lpush,rpop,sadd,hset -q >bench
        tr '\r' '\n' < bench | grep -c 'requests per second, p50'
        redis-cli -p $PORT dbsize; redis-cli -p $PORT debug digest >digest; cat digest
        redis-cli -p $PORT bgsave
        while redis-cli -p $PORT info persistence | grep -q rdb_bgsave_in_progress:1; do sleep 0.05; done
        redis-cli -p $PORT info persistence | grep rdb_last_bgsave_status
        stop TERM
        redis-check-rdb dump.rdb | grep -o 'RDB looks OK'
        serve; redis-cli -p $PORT debug digest | cmp - digest && echo loaded
        stop TERM""", quick=True),

    server("memcached", "memcached python3", "memcached python3", "memcached --version; python3 -c ''", """
        memcached -l 127.0.0.1 -p $PORT -t 4 -m 200 -c 200 >server.log 2>&1 &
        server=$!
        until_ready python3 -c "import socket; socket.create_connection(('127.0.0.1', $PORT))"
        python3 "$WORK/memcached.py" $PORT $((60 * MANY))
        stop TERM""", shows="memcached", unprivileged=True),

    server("postgres", "postgres initdb pgbench psql pg_dump", "postgresql",
           "for tool in postgres initdb pgbench psql pg_dump; do $tool --version; done", r"""
        export PGHOST="$PWD" PGPORT=$PORT PGUSER=owner PGDATABASE=postgres PGOPTIONS='-c client_min_messages=error'
        initdb -D data -U owner -A trust -E UTF8 --locale=C --no-sync >initdb.log
        serve() {
            postgres -D data -p $PORT -k "$PWD" -c listen_addresses= -c fsync=off -c autovacuum=off \
                -c shared_buffers=32MB -c max_parallel_workers_per_gather=2 -c min_parallel_table_scan_size=0 \
                -c work_mem=8MB >server.log 2>&1 &
            server=$!
            until_ready psql -c 'select 1'
        }
        serve
        pgbench -q -i -s 2 2>/dev/null
        pgbench -n -c 8 -j 2 -t $((100 * MANY)) --random-seed=1 2>/dev/null | grep -E 'actually|failed'
        echo 'select sum(abalance) = (select sum(delta) from pgbench_history),
                     sum(abalance) = (select sum(bbalance) from pgbench_branches) from pgbench_accounts;
              select count(*), sum(delta) from pgbench_history;
              select md5(string_agg(t::text, chr(44) order by t)) from
                  (select a.aid % 997 t, count(*), sum(b.aid) from pgbench_accounts a
                   join pgbench_accounts b on a.aid = b.aid * 2 group by 1) as joined;
              select length(json_agg(a)::text), count(distinct aid % 5003) from pgbench_accounts a;
              create table words as select i, md5(i::text) as w from generate_series(1, 40000) i;
              create index on words(w);
              do $$ begin for i in 1..3000 loop perform format(chr(37) || chr(115), i)::varchar;
                  begin perform 1 / (i % 3); exception when division_by_zero then null; end; end loop; end $$;
              vacuum full analyze words;' | psql -qAt
        pg_dump -t words | grep -v '^\\' | cksum
        stop INT
        serve
        psql -qAtc "select count(*), min(w), max(w) from words where w like '%ab%'" \
             -c 'select count(*), sum(delta) from pgbench_history'
        stop TERM""", unprivileged=True),

    server("mariadb", "mariadbd mariadb-install-db mariadb mariadb-dump",
           "mariadb-server-core mariadb-client-core mariadb-client",
           "mariadbd --no-defaults --version; mariadb --version; mariadb-dump --version", r"""
        mariadb-install-db --no-defaults --datadir="$PWD/data" --auth-root-authentication-method=normal \
            --skip-test-db --skip-name-resolve >install.log 2>&1 || { tail install.log >&2; exit 1; }
        sql() { mariadb --no-defaults -S "$PWD/socket" -u root -N "$@"; }
        serve() {
            mariadbd --no-defaults --datadir="$PWD/data" --socket="$PWD/socket" --pid-file="$PWD/pid" \
                --bind-address=127.0.0.1 --port=$PORT --innodb-buffer-pool-size=32M \
                --innodb-flush-log-at-trx-commit=0 --skip-name-resolve >server.log 2>&1 &
            server=$!
            until_ready sql -e 'select 1'
        }
        serve
        sql <<END
            create database work; use work;
            create table item(id int primary key, kind varchar(20), size int, note text, key(kind, size));
            insert into item select seq, concat('kind', seq * 7919 % 97), seq * 31 % 10007,
                repeat('x', seq % 120) from seq_1_to_$((10000 * MANY));
            create table log(id int auto_increment primary key, who int, text varchar(200)) engine = aria;
END
        # Connections side by side, each a thread of the server's.
        clients=
        for n in 1 2 3 4 5 6; do
            for i in $(seq 150); do
                echo "insert into log(who, text) values($n, repeat('y', $i));
                      update item set size = size + $n where id = $i;
                      select sum(length(concat(note, kind))) from item where id between $i and $i + 200;"
            done | sql work >client$n &
            clients="$clients $!"
        done
        for client in $clients; do wait $client; done
        cat client? | cksum | cut -d' ' -f2-
        sql work -e "select count(*), sum(who), sum(length(text)) from log; delete from item where id % 5 = 0;
            select kind, count(*), sum(size), md5(group_concat(note order by id))
                from item group by kind order by 1 limit 9;
            select count(*) from item a join item b on a.size = b.size and a.id < b.id
                where a.id < 1000; check table item, log"
        mariadb-dump --no-defaults -S "$PWD/socket" -u root --skip-comments work item | cksum
        stop TERM
        serve
        sql work -e 'select count(*), sum(size) from item; select count(*) from log'
        stop TERM""", shows="mariadbd mariadb mariadb-dump", unprivileged=True),

    server("nginx", "nginx ab curl", "nginx apache2-utils curl", "nginx -v; ab -V; curl --version", r"""
        mkdir root cache temp; cp -r "$IN/tree" root/tree; head -c 3000000 "$IN/text" >root/text
        cat >nginx.conf <<END
            daemon off; worker_processes 2; pid $PWD/pid; error_log $PWD/server.log;
            events { worker_connections 400; }
            http {
                access_log off; gzip on; gzip_types *; gzip_min_length 100; keepalive_requests 200;
                client_body_temp_path temp/body; proxy_temp_path temp/proxy; fastcgi_temp_path temp/fastcgi;
                uwsgi_temp_path temp/uwsgi; scgi_temp_path temp/scgi;
                proxy_cache_path cache keys_zone=cache:1m;
                server {
                    listen 127.0.0.1:$PORT; root $PWD/root; location /tree { autoindex on; }
                    location /proxy/ { proxy_pass http://127.0.0.1:$PORT/; proxy_cache cache; proxy_cache_valid 1m; }
                    location ~ ^/echo/(.*)$ { return 200 "\$1 \$request_method\n"; }
                }
            }
END
        nginx -e "$PWD/server.log" -p "$PWD" -c nginx.conf 2>>server.log &
        server=$!
        until_ready curl -s http://127.0.0.1:$PORT/echo/x
        load() { ab -q -d -r -n $((2000 * MANY)) -c 20 "$@" | grep -E '^(Complete|Non-2xx)'; }
        # The configuration is read again and again, and workers are replaced, while requests are served.
        (for i in 1 2 3 4 5; do sleep 0.1; kill -HUP $server; done) &
        reloads=$!
        load http://127.0.0.1:$PORT/tree/d1/f1
        load -H 'Accept-Encoding: gzip' http://127.0.0.1:$PORT/proxy/tree/d2/f2
        wait $reloads
        load -k http://127.0.0.1:$PORT/echo/word
        for path in text tree/d1/f1 proxy/tree/d3/f3 echo/word; do
            curl -s --compressed http://127.0.0.1:$PORT/$path
        done | sha256sum
        curl -s http://127.0.0.1:$PORT/tree/d1/ | grep -c href
        ! grep -E 'alert|emerg|crit|exited on signal' server.log
        stop QUIT""", unprivileged=True),

    server("sshd", "sshd ssh ssh-keygen sftp", "openssh-server openssh-client",
           '[ "$(id -u)" != 0 ] || mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N "" -f key;'
           '$(command -v sshd) -t -h "$PWD/key" -f /dev/null; ssh -V; sftp -? || true', r"""
        [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
        ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ecdsa -N '' -f user; cp user.pub authorized
        # A session's environment is a clean one: what the loader reads is passed on.
        loader=$(env | grep '^LD_' | tr '\n' ' ')
        cat >config <<END
            ListenAddress 127.0.0.1
            Port $PORT
            HostKey $PWD/host
            PidFile $PWD/pid
            AuthorizedKeysFile $PWD/authorized
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            UsePAM no
            StrictModes no
            PermitRootLogin prohibit-password
            Subsystem sftp internal-sftp
            ${loader:+SetEnv $loader}
END
        $(command -v sshd) -D -e -f "$PWD/config" 2>server.log &
        server=$!
        cat >client <<END
            Host there
            HostName 127.0.0.1
            Port $PORT
            IdentityFile $PWD/user
            IdentitiesOnly yes
            BatchMode yes
            StrictHostKeyChecking no
            UserKnownHostsFile $PWD/known
            LogLevel ERROR
END
        until_ready ssh -F client there true
        for i in 1 2 3 4; do ssh -F client there "seq $i 5000 | cksum"; done
        head -c $((5000000 * MANY)) "$IN/text" | ssh -F client -C there 'sort | tee /dev/stderr' 2>/dev/null | sha256sum
        ssh -F client -c aes256-ctr there 'sleep 0.1; head -c 3000000 /dev/zero' | cksum
        printf '%s\n' "cd $PWD" "put -r $IN/tree copy" 'ls -1 copy' | sftp -q -F client -b - there | grep -c '^copy/'
       
        diff -r "$IN/tree" copy && echo same
        ! grep -iE 'signal|fatal|error' server.log
        stop TERM""", shows="sshd ssh ssh-keygen sftp"),

    server("curl", "curl python3", "curl python3", "curl --version; python3 -c ''", r"""
        mkdir root; cp -r "$IN/tree" root/; head -c 20000000 "$IN/text" >root/text
        python3 -m http.server --bind 127.0.0.1 --directory root $PORT >server.log 2>&1 &
        server=$!
        until_ready curl -s http://127.0.0.1:$PORT/
        curl -s http://127.0.0.1:$PORT/text | sha256sum
        (cd root; find tree -type f | sort | head -150) |
            sed 's|.*|url = "http://127.0.0.1:'$PORT'/&"\noutput = "got/&"|' >list
        curl -s --parallel --parallel-max 6 --create-dirs -K list
        (cd got; find . -type f | sort | xargs cat) | sha256sum
        curl -s -o /dev/null -w '%{http_code} %{size_download}\n' http://127.0.0.1:$PORT/none
        stop TERM 143""", shows="curl"),
)
