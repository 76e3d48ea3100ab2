#!/bin/sh
# Fails, with the command that helps, unless Spark will find Java 17 or newer. Silent when it does.
# Looks where Spark looks: JAVA_HOME first, then PATH.
set -eu
needed=17

if [ -n "${JAVA_HOME:-}" ]; then
    java=$JAVA_HOME/bin/java
    place="JAVA_HOME ($JAVA_HOME)"
else
    java=$(command -v java || echo java)
    place=PATH
fi

# `java -version` says: openjdk version "17.0.15" 2025-04-15 ; before Java 9 it said "1.8.0_402".
version=$("$java" -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p' | head -n 1) || version=
major=${version#1.}
major=${major%%[!0-9]*}
[ "${major:-0}" -ge "$needed" ] && exit 0

cat >&2 <<END
sparkmon runs on Apache Spark, which needs Java $needed or newer; $place has ${version:-none}. Install one:
  Debian, Ubuntu   sudo apt-get install openjdk-17-jre-headless    (Debian 13: openjdk-21-jre-headless)
  Fedora, RHEL     sudo dnf install java-21-openjdk-headless
  macOS            brew install openjdk@17 && export JAVA_HOME="\$(brew --prefix openjdk@17)"
  conda            conda install -c conda-forge openjdk=17
and run the command again. If it is installed already, set JAVA_HOME to its folder.
END
exit 1
