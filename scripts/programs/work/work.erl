-module(work).
-export([main/0]).

main() ->
    Parent = self(),
    Pids = [spawn_link(fun() -> Parent ! {self(), work(N)} end) || N <- lists:seq(1, 40)],
    Sums = [receive {Pid, Sum} -> Sum end || Pid <- Pids],
    io:format("~p ~p~n", [lists:sum(Sums), erlang:md5(term_to_binary(Sums))]),
    Table = ets:new(table, [ordered_set, public]),
    [ets:insert(Table, {N * 7919 rem 20011, binary:copy(<<"x">>, N rem 300)}) || N <- lists:seq(1, 150000)],
    [ets:delete(Table, N) || N <- lists:seq(0, 20011, 3)],
    io:format("~p ~p~n", [ets:info(Table, size),
                          ets:foldl(fun({_, Text}, Sum) -> Sum + byte_size(Text) end, 0, Table)]),
    Ring = lists:foldl(fun(_, Next) -> spawn(fun() -> pass(Next) end) end, self(), lists:seq(1, 2000)),
    [begin Ring ! {token, binary:copy(<<"y">>, 1000 + N)}, receive {token, Text} -> byte_size(Text) end end
     || N <- lists:seq(1, 30)],
    Text = iolist_to_binary([integer_to_list(N * 31) || N <- lists:seq(1, 200000)]),
    Packed = zlib:compress(Text),
    io:format("~p ~p ~p~n", [byte_size(Text), erlang:crc32(Packed), zlib:uncompress(Packed) =:= Text]),
    halt(0).

pass(Next) -> receive Message -> Next ! Message, pass(Next) end.

work(N) ->
    Map = lists:foldl(fun(I, Map) -> Map#{I rem 500 => lists:seq(1, (I * N) rem 60)} end, #{}, lists:seq(1, 5000)),
    maps:fold(fun(_, List, Sum) -> Sum + length(List) end, 0, Map).
