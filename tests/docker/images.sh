# shellcheck shell=bash
# The base images, made of the distribution's own packages: no public registry is asked.
# An archive, and an image, are made again when this file changes.

images_made=$(cksum < "$here/images.sh" | cut -d ' ' -f 1)

make_images() {
  make_image busybox 1 '/bin/sh'
  make_image python 3 'python3'
}

# NAME TAG COMMAND
make_image() {
  local name=$1 tag=$2 command=$3
  local archive=$parts/$name-$images_made.tar
  has_image "$name:$tag" && return
  if [[ ! -e $archive ]]; then
    say "making the base image modelgate-test/$name:$tag"
    rm -rf "$parts/root" "$parts/$name"-*.tar "$parts/archive"
    mkdir "$parts/root"
    "${name}_root" "$parts/root"
    tar --create --file "$parts/archive" --directory "$parts/root" --sort=name --mtime=@0 \
      --numeric-owner --owner=0 --group=0 .
    mv "$parts/archive" "$archive"
    rm -rf "$parts/root" "$parts/packages"
  fi
  engine "/images/create?fromSrc=-&repo=modelgate-test/$name&tag=$tag$(change "CMD [\"$command\"]")$(change \
    "LABEL modelgate-test=$images_made")" --request POST --header Expect: --upload-file "$archive" > "$parts/import.log"
  has_image "$name:$tag" || fail "modelgate-test/$name:$tag cannot be imported" "$parts/import.log"
}

has_image() { engine "/images/modelgate-test/$1/json" 2> /dev/null | grep -qF "\"modelgate-test\":\"$images_made\""; }

change() {
  local text=$1
  text=${text// /%20}
  text=${text//'"'/%22}
  text=${text//'['/%5B}
  text=${text//']'/%5D}
  printf '&changes=%s' "${text//'='/%3D}"
}

# The folders, the users and a shell with its tools.
busybox_root() {
  local folder applet
  for folder in bin sbin lib lib64; do
    mkdir -p "$1/usr/$folder"
    ln -s "usr/$folder" "$1/$folder"
  done
  mkdir -p "$1"/{dev,etc,proc,root,run,sys,tmp,var}
  chmod 1777 "$1/tmp"
  echo 'root:x:0:0:root:/root:/bin/sh' > "$1/etc/passwd"
  echo 'nobody:x:65534:65534:nobody:/:/bin/false' >> "$1/etc/passwd"
  printf 'root:x:0:\nnogroup:x:65534:\n' > "$1/etc/group"
  unpack "$1" busybox-static
  for applet in $("$1/bin/busybox" --list); do
    [[ -e $1/bin/$applet ]] || ln -s busybox "$1/bin/$applet"
  done
}

python_root() {
  local packages
  busybox_root "$1"
  # What python3 depends on, without the package manager and the tools that only installing needs.
  packages=$(apt-cache depends --recurse --important python3 | grep '^[a-z][^:]*$' | sort -u |
    grep -vE '^(dpkg|tar|install-info|media-types|mailcap|mime-support|readline-common|debconf.*|cdebconf.*|.*perl.*)$') ||
    fail 'apt-cache knows no python3'
  # The wheels of numerical packages bring all of their libraries but this one.
  # shellcheck disable=SC2086 # a list of names
  unpack "$1" $packages libstdc++6
  ln -s python3 "$1/usr/bin/python"
  rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED
  rm -rf "$1"/usr/share/{doc,man,locale,lintian,bug} "$1"/usr/lib/*/{gconv,perl*}
}

# Unpacks packages into a folder, without running their scripts: FOLDER PACKAGE...
unpack() {
  local folder=$1 file
  shift
  rm -rf "$parts/packages"
  mkdir "$parts/packages"
  (cd "$parts/packages" && apt download "$@")
  for file in "$parts/packages"/*.deb; do
    # Unlike dpkg-deb -x it goes through the links of the merged /usr.
    dpkg-deb --fsys-tarfile "$file" | tar --extract --directory "$folder" --keep-directory-symlink --no-same-owner
  done
}
