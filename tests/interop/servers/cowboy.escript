%% Cowboy. The argument is the directory of its libraries.
-mode(compile).
-export([init/2, websocket_handle/2, websocket_info/2, terminate/3]).

main([Libraries]) ->
    [code:add_patha(Ebin) || Ebin <- filelib:wildcard(Libraries ++ "/{cowboy,cowlib,ranch}-*/ebin")],
    {ok, _} = application:ensure_all_started(cowboy),
    ets:new(closed, [named_table, public]),
    ets:insert(closed, {last, <<>>}),
    Routes = cowboy_router:compile([{'_', [{"/", ?MODULE, []}]}]),
    Port = {port, list_to_integer(os:getenv("PORT"))},
    Options = #{env => #{dispatch => Routes}},
    {ok, _} = case os:getenv("CERT") of
        false -> cowboy:start_clear(plain, [{ip, {127, 0, 0, 1}}, Port], Options);
        Cert ->
            Tls = [{certfile, Cert}, {keyfile, os:getenv("KEY")}],
            cowboy:start_tls(secure, [{ip, {127, 0, 0, 1}}, Port | Tls], Options)
    end,
    timer:sleep(infinity).

init(Req, State) -> {cowboy_websocket, Req, State, #{compress => true, max_frame_size => 16#1000000}}.

websocket_handle({text, <<"/fragments">>}, State) -> {[{text, <<"unsupported">>}], State};
websocket_handle({text, <<"/ping">>}, State) -> {[{ping, <<"from the server">>}], State};
websocket_handle({text, <<"/last-close">>}, State) -> {[{text, ets:lookup_element(closed, last, 2)}], State};
websocket_handle({text, <<"/close ", Code:4/binary, " ", Reason/binary>>}, State) ->
    {[{close, binary_to_integer(Code), Reason}], State};
websocket_handle({pong, _}, State) -> {[{text, <<"pong">>}], State};
websocket_handle({ping, _}, State) -> {[], State};
websocket_handle(Message, State) -> {[Message], State}.

websocket_info(_, State) -> {[], State}.

terminate({remote, Code, Reason}, _, _) ->
    ets:insert(closed, {last, <<(integer_to_binary(Code))/binary, " ", Reason/binary>>}), ok;
terminate(_, _, _) -> ok.
