ALTER TABLE kinds.person ADD COLUMN best kinds.mood NOT NULL DEFAULT 'great';
CREATE INDEX great ON kinds.person (mood) WHERE mood > 'ok';
