ALTER TYPE kinds.address RENAME ATTRIBUTE "Häuser Nr." TO number;
