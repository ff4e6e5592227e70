module Names = Map.Make (String)

let rec tree depth = if depth = 0 then [] else [ `Node (tree (depth - 1), String.make depth 'x', tree (depth - 1)) ]

let rec weigh = function
  | [] -> 1
  | `Node (left, name, right) :: rest -> weigh left + String.length name + weigh right + weigh rest

let () =
  let names = ref Names.empty in
  for i = 0 to 300_000 do
    let key = Printf.sprintf "k%05d" (i * 7919 mod 20011) in
    let old = Option.value ~default:[] (Names.find_opt key !names) in
    names := Names.add key (i :: old) !names;
    if i mod 7 = 0 then names := Names.remove (Printf.sprintf "k%05d" (i * 31 mod 20011)) !names
  done;
  Printf.printf "%d %d\n" (Names.cardinal !names) (Names.fold (fun _ list sum -> sum + List.length list) !names 0);
  for round = 1 to 6 do
    Printf.printf "%d " (weigh (tree 15));
    if round mod 3 = 0 then Gc.compact ()
  done;
  (* Large arrays are blocks of their own, which come and go with the collector. *)
  let kept = Array.make 50 [||] in
  for i = 0 to 2_000 do
    kept.(i mod 50) <- Array.init (1000 + i * 37 mod 20_000) (fun n -> n lxor i)
  done;
  let sum = Array.fold_left (fun sum part -> Array.fold_left ( + ) sum part) 0 kept in
  let table = Hashtbl.create 16 in
  for i = 0 to 200_000 do Hashtbl.replace table (i * i mod 65_537) (string_of_int i) done;
  let buffer = Buffer.create 16 in
  Hashtbl.iter (fun _ text -> Buffer.add_string buffer text) table;
  Printf.printf "%d %d %d\n" sum (Hashtbl.length table) (Buffer.length buffer)
