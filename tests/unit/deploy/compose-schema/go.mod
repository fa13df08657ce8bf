// Not a program: it pins the module whose archive holds the compose specification's JSON schema.
module podlab.local/compose-schema

go 1.24

require github.com/compose-spec/compose-go/v2 v2.10.0
