#!/bin/sh
# Commands by hand, as the account of the service and with its settings: /usr/local/sbin/backorders, mode 755.
# Another file with settings: sudo SETTINGS=/etc/backorders/trial.env backorders check
# A $ is handed on as $$, since systemd would put the value of ${NAME} into the command line, for everybody to see.
for argument do
    shift
    doubled=$(printf '%sx' "$argument" | sed 's/\$/$$/g')
    set -- "$@" "${doubled%x}"
done
exec systemd-run --quiet --pipe --wait --collect --uid=backorders --gid=backorders \
    --working-directory=/opt/backorders --property=UMask=0077 \
    --property=EnvironmentFile="${SETTINGS:-/etc/backorders/settings.env}" \
    /opt/backorders/.venv/bin/python -m dashboard "$@"
