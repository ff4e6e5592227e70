set nomore maxmem=2000000 undolevels=1000
let g:table = {}
for i in range(60000)
    let key = printf('k%05d', i * 7919 % 20011)
    let g:table[key] = get(g:table, key, '') . nr2char(97 + i % 26)
    if i % 7 == 0 && has_key(g:table, printf('k%05d', i * 31 % 20011))
        call remove(g:table, printf('k%05d', i * 31 % 20011))
    endif
endfor
call setline(1, map(sort(keys(g:table)), {_, key -> key . '=' . g:table[key]}))
%s/\v(k\d+)\=([a-m]+)/\2:\1/ge
g/7$/m0
sort n /:k/
%s/\v[aeiou]+/\=toupper(submatch(0))/ge
set filetype=c foldmethod=indent
%>
1,200retab
call append('$', split(system('seq 2000 | cksum'), "\n"))
write! made
quitall!
