//! E02xx to E04xx and W02xx to W04xx: references, structure, schemas, operations.

super::codes! {
    BROKEN_REF = "E0201": "a reference leads nowhere",
        "The pointer of a `$ref` names nothing in the document. The message names the longest part that exists and \
         the nearest name.\n\nExample:\n    $ref: '#/components/schemas/Pets'   # the schema is called Pet\n\n\
         Correct the reference, or add what it names.";
}
