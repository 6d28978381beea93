#!/bin/sh
# Runs VASP on one point of peierls: vasp.sh <command of VASP>, in a folder with INCAR, KPOINTS, POSCAR and potcar.list.
# Joins POTCAR from the files of this computer ($PEIERLS_PSEUDOPOTENTIALS), runs, and leaves short forms of what VASP wrote.
# POTCAR never leaves this folder and is removed at the end; potcar.txt tells name, sha256, ENMAX and title of each part.
#
# potcar.list:  bands <factor>   passes <times that a cell is relaxed>   then a line "<element> <name> <atoms> <sha256 or ->" a species

fail() {
  echo "peierls: $1: $2" >&2
  rm -f POTCAR POTCAR.part
  exit 65
}

root=${PEIERLS_PSEUDOPOTENTIALS:-}
[ -n "$root" ] || fail potcar-folder "codes.vasp.pseudopotentials is not set for this computer"
[ -d "$root" ] || fail potcar-folder "$root is not a folder on $(uname -n)"

rm -f POTCAR potcar.txt STOPCAR
electrons=0
factor=1
passes=1
while read -r element name atoms wanted; do
  case $element in
    bands) factor=$name; continue ;;
    passes) passes=$name; continue ;;
  esac
  found=
  for file in "$root/$name/POTCAR" "$root/$name/POTCAR.gz" "$root/$name/POTCAR.Z" "$root/POTCAR.$name" "$root/POTCAR.$name.gz"; do
    [ -z "$found" ] && [ -r "$file" ] && found=$file
  done
  [ -n "$found" ] || fail potcar-missing "$root has no $name/POTCAR for $element"
  case $found in
    *.gz | *.Z) gzip -dc "$found" > POTCAR.part || fail potcar-unreadable "$found cannot be unpacked" ;;
    *) cat "$found" > POTCAR.part || fail potcar-unreadable "$found cannot be read" ;;
  esac
  title=$(sed -n 's/^ *TITEL *= *//p' POTCAR.part | sed -n '1s/ *$//p')
  holds=$(sed -n 's/^ *VRHFIN *= *\([A-Za-z]*\).*/\1/p' POTCAR.part | sed -n 1p)
  enmax=$(sed -n 's/^ *ENMAX *= *\([0-9.]*\).*/\1/p' POTCAR.part | sed -n 1p)
  zval=$(sed -n 's/^.*ZVAL *= *\([0-9.]*\).*/\1/p' POTCAR.part | sed -n 1p)
  sum=$(sha256sum POTCAR.part | cut -d' ' -f1)
  [ -n "$title" ] && [ -n "$enmax" ] && [ -n "$zval" ] || fail potcar-unreadable "$found has no TITEL, ENMAX or ZVAL"
  [ "$holds" = "$element" ] || fail potcar-element "$found is of ${holds:-nothing}, not of $element"
  [ "$wanted" = - ] || [ "$wanted" = "$sum" ] || fail potcar-other "$found ($title) has the sha256 $sum; the campaign says $wanted"
  printf '%s %s %s %s %s\n' "$element" "$name" "$sum" "$enmax" "$title" >> potcar.txt
  electrons=$(awk -v sum="$electrons" -v z="$zval" -v n="$atoms" 'BEGIN { print sum + z * n }')
  encut=$(sed -n 's/^ *ENCUT *= *\([0-9.]*\).*/\1/p' INCAR | sed -n 1p)
  awk -v encut="$encut" -v enmax="$enmax" 'BEGIN { exit !(encut < enmax) }' &&
    fail cutoff-too-low "ENCUT is $encut eV and $name needs $enmax; 1.3 times that for stresses"
  cat POTCAR.part >> POTCAR
done < potcar.list
rm -f POTCAR.part

# Two fifths more than the electron pairs and four: enough for metals in long cells, and the same rule for all points of a set.
bands=$(awk -v e="$electrons" -v f="$factor" 'BEGIN { n = f * (0.7 * e + 4); print (n > int(n)) ? int(n) + 1 : n }')
grep -q '^NBANDS' INCAR || echo "NBANDS = $bands" >> INCAR

# VASP ends itself, with files that say so, before the queue does it.
watcher=
if [ -n "${PEIERLS_SECONDS_LEFT:-}" ] && [ "$PEIERLS_SECONDS_LEFT" -gt 0 ]; then
  ( sleep $((PEIERLS_SECONDS_LEFT * 95 / 100)); echo 'LABORT = .TRUE.' > STOPCAR ) > /dev/null 2>&1 &
  watcher=$!
fi

pass=1
while :; do
  "$@"
  code=$?
  # A relaxed cell is relaxed again with plane waves of its own, in which the pressure of the basis is gone.
  [ $code -eq 0 ] && [ $pass -lt "$passes" ] && [ -s CONTCAR ] && grep -q 'reached required accuracy' OUTCAR || break
  pass=$((pass + 1))
  cp CONTCAR POSCAR
done
[ -z "$watcher" ] || kill "$watcher" 2> /dev/null
[ -e STOPCAR ] && echo 'peierls: stopped: the wall time was nearly over' >&2

# Eigenvalues and k-points are most of these files, and nobody reads them.
[ -e vasprun.xml ] && awk '
  /<(eigenvalues|dos|projected|varray name="(kpointlist|weights)")>/ { skip = 1 }
  !skip { print }
  /<\/(eigenvalues|dos|projected|varray)>/ { skip = 0 }' vasprun.xml > vasprun.short.xml
[ -e OUTCAR ] && awk '
  /^ +[0-9]+ +-?[0-9.]+ +-?[0-9.]+ *$/ || /^ k-point +[0-9]+ *:/ || /^ +-?[0-9.]+ +-?[0-9.]+ +-?[0-9.]+ +[0-9.]+ *$/ { next }
  { print }' OUTCAR > OUTCAR.short
rm -f POTCAR
exit $code
