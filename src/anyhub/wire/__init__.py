"""How values are spelled in HTTP: routes, bodies and errors, without any input or output. Both ends import it."""
