#!/bin/sh
# Makes the certificates of this folder with openssl 3: sh make.sh (they are committed; keys are thrown away).
# They are valid for 74 years; no test of trust stores or identities looks at the dates.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"; }
dates="-days 27000"

# certificate NAME SUBJECT EXTENSIONS [ISSUER]: self-signed without an issuer.
certificate() {
    key "$1"
    openssl req -new -key "$work/$1.key" -subj "$2" -multivalue-rdn -utf8 -out "$work/$1.csr"
    printf '%b' "$3" >"$work/$1.ext"
    if [ $# -eq 4 ]; then
        openssl x509 -req -in "$work/$1.csr" -CA "$4.pem" -CAkey "$work/$4.key" $dates \
            -extfile "$work/$1.ext" -out "$1.pem"
    else
        openssl x509 -req -in "$work/$1.csr" -key "$work/$1.key" $dates -extfile "$work/$1.ext" -out "$1.pem"
    fi
}

ca='basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n'
leaf='basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n'

certificate root '/C=US/ST=WA/O=acme/CN=root' "$ca"
certificate intermediate '/C=US/ST=WA/O=acme/CN=intermediate' "$ca" root
certificate leaf '/C=US/ST=WA/L=Seattle/O=acme/OU=build/CN=signer' "$leaf" root
certificate self-signed-leaf '/C=US/ST=WA/O=acme/CN=self' "$leaf"
certificate email '/C=US/ST=WA/O=acme/CN=signer/emailAddress=a@example.com' "$leaf" root
certificate two-units '/C=US/ST=WA/O=acme/OU=one/OU=two/CN=signer' "$leaf" root
certificate no-state '/C=US/O=acme/CN=signer' "$leaf" root
certificate joined '/C=US/ST=WA/O=acme/CN=signer+OU=build' "$leaf" root
certificate hash-in-name '/C=US/ST=WA/O=acme/CN=a=#b' "$leaf" root
certificate escapes '/C=US/ST=WA/O=acme, Inc./CN=x\+O=evil' "$leaf" root
